#include "policy/source/own_networks.h"

#include "tests/support/catch.h"

using namespace relay;

TEST_CASE("unless it is configured, loopback's logins never count, nor those of this host's addresses") {
    const auto never = never_networks({});
    CHECK(in_any(never, Address::parse("127.0.0.1")));
    CHECK(in_any(never, Address::parse("127.9.9.9")));
    CHECK(in_any(never, Address::parse("::1")));
    CHECK_FALSE(in_any(never, Address::parse("198.51.100.7")));
    for (const Network& network : never) CHECK((in_any(loopback_networks(), network.base()) || network.bits() >= 32));
}

TEST_CASE("what is configured takes the default's place, the empty list too") {
    PopSettings pop;
    pop.never = {*Network::parse("192.0.2.0/24")};
    CHECK(never_networks(pop) == *pop.never);
    pop.never->clear();
    CHECK(never_networks(pop).empty());
}
