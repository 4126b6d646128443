#include "policy/source/shared/shared_keys.h"

#include "tests/support/catch.h"

using namespace relay;

namespace {

Address of(std::string_view text) { return Address::parse(text).value(); }

/// As ZRANGEBYLEX judges.
bool in_range(std::string_view client, std::string_view network) {
    const auto range = index_range(Network::parse(network).value());
    const std::string member = index_member(of(client));
    return member >= range.first.substr(1) && member < range.last.substr(1);
}

}  // namespace

TEST_CASE("an entry has one key, however its client is written") {
    CHECK(entry_key(of("192.0.2.1")) == "milter-relay:login:192.0.2.1");
    CHECK(entry_key(of("::ffff:192.0.2.1")) == "milter-relay:login:192.0.2.1");
    CHECK(entry_key(of("IPv6:2001:0DB8:0:0:0:0:0:1")) == "milter-relay:login:2001:db8::1");
    CHECK(client_of("2001:db8::1") == of("2001:db8::1"));
    CHECK_FALSE(client_of("2001:DB8::1"));
    CHECK_FALSE(client_of(""));
}

TEST_CASE("the index is that of the IPv6 client's /32, and IPv4 has none") {
    CHECK(index_key(of("2001:db8:1:2::3")) == "milter-relay:login6:2001:db8::/32");
    CHECK_FALSE(index_key(of("192.0.2.1")));
    CHECK(index_member(of("2001:db8::a1")) == "20010db80000000000000000000000a1 2001:db8::a1");
}

TEST_CASE("a range holds the members of its network and no others") {
    CHECK(in_range("2001:db8:0:1::", "2001:db8:0:1::/64"));
    CHECK(in_range("2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:1::/64"));
    CHECK_FALSE(in_range("2001:db8:0:2::", "2001:db8:0:1::/64"));
    CHECK_FALSE(in_range("2001:db8:0:0:ffff:ffff:ffff:ffff", "2001:db8:0:1::/64"));
    CHECK(in_range("2001:db8::7", "2001:db8::6/127"));
    CHECK_FALSE(in_range("2001:db8::8", "2001:db8::6/127"));
    CHECK(in_range("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::/32"));
}

TEST_CASE("since when a server is complete is a number of seconds or nothing") {
    CHECK(since_of("0") == std::chrono::sys_seconds{});
    CHECK(since_of("1700000000") == std::chrono::sys_seconds{std::chrono::seconds{1700000000}});
    for (const char* bad : {"", "-1", "soon", "1 ", " 1", "99999999999999999999", "0x10"}) CHECK_FALSE(since_of(bad));
}
