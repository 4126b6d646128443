#include "vsmtprelay/input.h"

#include <memory>

#include "tests/support/catch.h"

using namespace relay;
using namespace std::string_literals;

namespace {

std::vector<Address> read(const std::string& text) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::tmpfile(), std::fclose};
    std::fwrite(text.data(), 1, text.size(), file.get());
    std::rewind(file.get());
    Watch nobody;
    return addresses_from(file.get(), nobody);
}

Address ip(const char* text) { return Address::parse(text).value(); }

}  // namespace

TEST_CASE("addresses come one a line, with blanks, empty lines and comments") {
    CHECK(read("10.0.0.1\n\n# comment\n \t2001:db8::1 # home\r\n10.0.0.2") == std::vector{ip("10.0.0.1"), ip("2001:db8::1"), ip("10.0.0.2")});
    CHECK(read("").empty());
    CHECK(read("#\n\n").empty());
}

TEST_CASE("every bad line is named, its bytes escaped") {
    CHECK_THROWS_WITH(read("10.0.0.1\nx\x1b\n10.0.0.2 10.0.0.3\n"),
                      "line 2: 'x\\x1b' is no IPv4 or IPv6 address; line 3: '10.0.0.2 10.0.0.3' is no IPv4 or IPv6 address");
    CHECK_THROWS_WITH(read("10.0.0.1\0\n"s), "line 1: '10.0.0.1\\x00' is no IPv4 or IPv6 address");
    std::string many;
    for (int i = 0; i < 1000; ++i) many += "x\n";
    CHECK_THROWS_WITH(read(many), Catch::EndsWith("line 10: 'x' is no IPv4 or IPv6 address; and 990 more"));
}

TEST_CASE("a line has a limit") {
    CHECK(read("10.0.0.1" + std::string(1992, ' ') + "\n").size() == 1);
    CHECK_THROWS_WITH(read("10.0.0.1" + std::string(1993, ' ') + "\n10.0.0.2\n"), "line 1 is longer than 2000 bytes");
    CHECK_THROWS_WITH(read(std::string(5'000'000, 'x')), "line 1 is longer than 2000 bytes");
}

TEST_CASE("every bad word is named") {
    CHECK(addresses_in({"10.0.0.1", "IPv6:2001:db8::1"}) == std::vector{ip("10.0.0.1"), ip("2001:db8::1")});
    CHECK_THROWS_WITH(addresses_in({"10.0.0.1", "10.0.0", "", "a\nb"}),
                      "'10.0.0' is no IPv4 or IPv6 address; '' is no IPv4 or IPv6 address; 'a\\x0ab' is no IPv4 or IPv6 address");
    CHECK_THROWS_WITH(addresses_in({std::string(1000, 'x')}), "'" + std::string(100, 'x') + "'... is no IPv4 or IPv6 address");
}

TEST_CASE("numbers are plain decimal, within their range") {
    CHECK(minutes_in("0") == std::chrono::minutes{0});
    CHECK(minutes_in("4000000000") == std::chrono::minutes{4'000'000'000});
    CHECK(ticks_in("906502527").time_since_epoch() == std::chrono::seconds{906502527});
    CHECK(ticks_in("253402300799").time_since_epoch() == std::chrono::seconds{253402300799});
    for (const char* bad : {"", "-1", "-0", "+1", " 1", "1 ", "1.5", "0x10", "ten", "253402300800", "99999999999999999999"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(minutes_in(bad), BadInput);
        CHECK_THROWS_AS(ticks_in(bad), BadInput);
    }
}
