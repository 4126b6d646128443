#include "policy/network.h"

#include "tests/support/catch.h"

using relay::Address;
using relay::Network;

namespace {

bool inside(const char* network, const char* address) {
    return Network::parse(network).value().contains(Address::parse(address).value());
}

}  // namespace

TEST_CASE("a network is an address and a number of leading bits") {
    CHECK(Network::parse("192.0.2.0/24")->text() == "192.0.2.0/24");
    CHECK(Network::parse("192.0.2.1")->text() == "192.0.2.1/32");
    CHECK(Network::parse("2001:DB8::/32")->text() == "2001:db8::/32");
    CHECK(Network::parse("::1")->text() == "::1/128");
    CHECK(Network::parse("0.0.0.0/0")->bits() == 0);
    CHECK(Network::parse("::/0")->base() == Address::parse("::"));
}

TEST_CASE("what is not exactly a network is none") {
    for (const char* text : {"", "/", "/24", "192.0.2.0/", "192.0.2.0/33", "2001:db8::/129", "192.0.2.0/024", "192.0.2.0/+24",
                             "192.0.2.0/-1", "192.0.2.0/ 24", "192.0.2.0/24 ", "192.0.2.0/24/24", "192.0.2/24", "192.0.2.0/255.255.255.0",
                             "192.0.2.0/1000", "::ffff:192.0.2.0/120", "example.org"}) {
        INFO(text);
        CHECK_FALSE(Network::parse(text));
    }
}

TEST_CASE("host bits must be zero") {
    CHECK_FALSE(Network::parse("192.0.2.1/24"));
    CHECK_FALSE(Network::parse("2001:db8::1/64"));
    CHECK_FALSE(Network::parse("128.0.0.0/0"));
    CHECK(Network::parse("192.0.2.1/32"));
    CHECK(Network::parse("128.0.0.0/1"));
}

TEST_CASE("a network ends at its last bit") {
    CHECK(inside("192.0.2.0/24", "192.0.2.0"));
    CHECK(inside("192.0.2.0/24", "192.0.2.255"));
    CHECK_FALSE(inside("192.0.2.0/24", "192.0.3.0"));
    CHECK_FALSE(inside("192.0.2.0/24", "192.0.1.255"));
    CHECK(inside("192.0.2.8/30", "192.0.2.11"));
    CHECK_FALSE(inside("192.0.2.8/30", "192.0.2.12"));
    CHECK(inside("2001:db8::/33", "2001:db8:7fff::1"));
    CHECK_FALSE(inside("2001:db8::/33", "2001:db8:8000::1"));
    CHECK(inside("192.0.2.7", "192.0.2.7"));
    CHECK_FALSE(inside("192.0.2.7", "192.0.2.6"));
}

TEST_CASE("no network holds an address of the other family") {
    CHECK(inside("0.0.0.0/0", "255.255.255.255"));
    CHECK_FALSE(inside("0.0.0.0/0", "2001:db8::1"));
    CHECK(inside("::/0", "2001:db8::1"));
    CHECK_FALSE(inside("::/0", "192.0.2.1"));
}

TEST_CASE("an IPv4-mapped client is in its IPv4 network") { CHECK(inside("127.0.0.0/8", "::ffff:127.0.0.1")); }

TEST_CASE("the network around an address holds it and has no host bits") {
    const Address v4 = *Address::parse("192.0.2.77");
    const Address v6 = *Address::parse("2001:db8:1:2:3:4:5:6");
    CHECK(Network::around(v4, 24).text() == "192.0.2.0/24");
    CHECK(Network::around(v4, 0).text() == "0.0.0.0/0");
    CHECK(Network::around(v4, 33).text() == "192.0.2.77/32");
    CHECK(Network::around(v6, 64).text() == "2001:db8:1:2::/64");
    CHECK(Network::around(v6, 0).text() == "::/0");
    CHECK(Network::around(v6, 4000000000U).text() == "2001:db8:1:2:3:4:5:6/128");
}

TEST_CASE("an address that is not there is in no network") {
    const std::vector<Network> networks = {*Network::parse("0.0.0.0/0"), *Network::parse("::/0")};
    CHECK_FALSE(relay::in_any(networks, std::nullopt));
    CHECK(relay::in_any(networks, Address::parse("::1")));
    CHECK_FALSE(relay::in_any({}, Address::parse("::1")));
}
