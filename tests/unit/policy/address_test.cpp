#include "policy/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <random>

#include "tests/support/catch.h"

using relay::Address;

namespace {

std::string text_of(std::string_view text) {
    const auto address = Address::parse(text);
    return address ? address->text() : "nothing";
}

/// What the C library makes of `text`, in the form of Address::bytes(); nothing when it refuses.
std::optional<std::array<std::uint8_t, 16>> by_inet_pton(const std::string& text) {
    std::array<std::uint8_t, 16> bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (inet_pton(AF_INET, text.c_str(), bytes.data() + 12) == 1) return bytes;
    if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
    return std::nullopt;
}

std::string by_inet_ntop(const std::array<std::uint8_t, 16>& bytes) {
    char text[INET6_ADDRSTRLEN] = "";
    inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
    return text;
}

}  // namespace

TEST_CASE("an IPv4 address is four decimal numbers up to 255") {
    CHECK(text_of("192.0.2.1") == "192.0.2.1");
    CHECK(text_of("0.0.0.0") == "0.0.0.0");
    CHECK(text_of("255.255.255.255") == "255.255.255.255");
    CHECK(Address::parse("192.0.2.1") == Address::v4({192, 0, 2, 1}));
}

TEST_CASE("what only looks like an IPv4 address is none") {
    for (const char* text : {"", "1", "1.2.3", "1.2.3.", ".1.2.3", "1.2.3.4.", "1.2.3.4.5", "1..2.3", "256.0.0.1", "1.2.3.256",
                             "01.2.3.4", "1.2.3.00", "0x1.2.3.4", "1.2.3.4 ", " 1.2.3.4", "+1.2.3.4", "-1.2.3.4", "1.2.3.a",
                             "1.2.3.4/32", "[1.2.3.4]", "IPv6:1.2.3.4", "4294967297.0.0.1", "1.2.3.4\n", "1,2,3,4"}) {
        INFO(text);
        CHECK_FALSE(Address::parse(text));
    }
    CHECK_FALSE(Address::parse(std::string_view{"1.2.3.4\0", 8}));
}

TEST_CASE("an IPv6 address is read in every spelling of RFC 4291 2.2") {
    for (const char* text : {"2001:db8:0:0:8:800:200c:417a", "2001:DB8::8:800:200C:417A", "2001:0db8:0000:0000:0008:0800:200c:417a",
                             "2001:db8::8:800:32.12.65.122", "IPv6:2001:db8::8:800:200c:417a", "ipv6:2001:db8::8:800:200c:417a",
                             "IPV6:2001:db8:0:0:8:800:200c:417a"}) {
        INFO(text);
        CHECK(text_of(text) == "2001:db8::8:800:200c:417a");
    }
    CHECK(text_of("::") == "::");
    CHECK(text_of("::1") == "::1");
    CHECK(text_of("1::") == "1::");
    CHECK(text_of("1:2:3:4:5:6:7::") == "1:2:3:4:5:6:7:0");
    CHECK(text_of("::2:3:4:5:6:7:8") == "0:2:3:4:5:6:7:8");
}

TEST_CASE("what only looks like an IPv6 address is none") {
    for (const char* text : {":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1::2::3",
                             "1:::2", ":1::", "1:", ":1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:", "12345::", "g::", "0x1::", "::-1",
                             "::1%lo", "[::1]", "::1/128", "1.2.3.4::", "::1.2.3.4:5", "::1.2.3", "::1.2.3.256", "::1.2.3.04",
                             "1:2:3:4:5:6:7:1.2.3.4", "IPv6:", "IPv6:IPv6:::1", "IPv6: ::1", "IPv4:1.2.3.4", " ::1", "::1 "}) {
        INFO(text);
        CHECK_FALSE(Address::parse(text));
    }
}

TEST_CASE("the text of an IPv6 address is RFC 5952's") {
    CHECK(text_of("2001:db8:0:1:1:1:1:1") == "2001:db8:0:1:1:1:1:1");        // 4.2.2: one group is not shortened
    CHECK(text_of("2001:0:0:1:0:0:0:1") == "2001:0:0:1::1");                  // 4.2.3: the longest run
    CHECK(text_of("2001:db8:0:0:1:0:0:1") == "2001:db8::1:0:0:1");            // 4.2.3: the first of equals
    CHECK(text_of("2001:DB8::AAAA") == "2001:db8::aaaa");                     // 4.3: lower case
    CHECK(text_of("2001:db8:0:0:0:0:0:0") == "2001:db8::");
}

TEST_CASE("an IPv4-mapped address is its IPv4 address") {
    CHECK(Address::parse("::ffff:192.0.2.1") == Address::parse("192.0.2.1"));
    CHECK(Address::parse("IPv6:::ffff:c000:201") == Address::parse("192.0.2.1"));
    CHECK(Address::parse("0:0:0:0:0:ffff:192.0.2.1")->is_v4());
    CHECK_FALSE(Address::parse("::192.0.2.1")->is_v4());
    CHECK_FALSE(Address::parse("::1:ffff:192.0.2.1")->is_v4());
}

TEST_CASE("the uncompressed text has eight groups, as sendmail's {client_addr}") {
    CHECK(Address::parse("2001:db8::1")->uncompressed_text() == "2001:db8:0:0:0:0:0:1");
    CHECK(Address::parse("::")->uncompressed_text() == "0:0:0:0:0:0:0:0");
    CHECK(Address::parse("192.0.2.1")->uncompressed_text() == "192.0.2.1");
}

TEST_CASE("no text is longer than kMaxText") {
    std::array<std::uint8_t, 16> bytes;
    bytes.fill(0xff);
    CHECK(Address::v6(bytes).text().size() == Address::kMaxText);
    CHECK(Address::v6(bytes).uncompressed_text().size() == Address::kMaxText);
}

TEST_CASE("parse takes what inet_pton takes, and nothing else", "[differential]") {
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random{seed};
    std::vector<std::string> texts = {"::ffff:1.2.3.4", "1:2:3:4:5:6:7:8", "::", "1.2.3.4", "2001:db8::1", "::1.2.3.4",
                                      "fe80::1:2", "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"};
    const std::string bytes = "0123456789abcdefABCDEF:::...:.:xg ";
    unsigned taken = 0;
    for (int i = 0; i < 200000; ++i) {
        std::string text = texts[random() % texts.size()];
        for (auto edits = random() % 4; edits > 0 && !text.empty(); --edits) {
            const auto at = random() % text.size();
            const auto how = random() % 3;
            if (how == 0) text[at] = bytes[random() % bytes.size()];
            if (how == 1) text.insert(at, 1, bytes[random() % bytes.size()]);
            if (how == 2) text.erase(at, 1);
        }
        const auto ours = Address::parse(text);
        const auto theirs = by_inet_pton(text);
        INFO(text);
        REQUIRE(ours.has_value() == theirs.has_value());
        if (!ours) continue;
        ++taken;
        REQUIRE(ours->bytes() == *theirs);
    }
    CHECK(taken > 10000);  // Else the texts are too wild to compare anything.
}

TEST_CASE("the text is inet_ntop's, but for its guess that ::/96 means IPv4", "[differential]") {
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random{seed};
    for (int i = 0; i < 50000; ++i) {
        std::array<std::uint8_t, 16> bytes;
        for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random() % 3 == 0 ? random() : 0);
        if (std::all_of(bytes.begin(), bytes.begin() + 12, [](std::uint8_t b) { return b == 0; })) continue;
        const Address address = Address::v6(bytes);
        REQUIRE((address.is_v4() ? "::ffff:" + address.text() : address.text()) == by_inet_ntop(bytes));
        REQUIRE(Address::parse(address.text()) == address);
        REQUIRE(Address::parse(address.uncompressed_text()) == address);
    }
}
