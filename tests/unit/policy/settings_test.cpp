#include "policy/settings.h"

#include "tests/support/catch.h"

TEST_CASE("the loopback networks hold the host itself and nobody else") {
    const auto networks = relay::loopback_networks();
    CHECK(relay::in_any(networks, relay::Address::parse("127.0.0.1")));
    CHECK(relay::in_any(networks, relay::Address::parse("127.255.255.255")));
    CHECK(relay::in_any(networks, relay::Address::parse("::1")));
    CHECK_FALSE(relay::in_any(networks, relay::Address::parse("128.0.0.0")));
    CHECK_FALSE(relay::in_any(networks, relay::Address::parse("126.255.255.255")));
    CHECK_FALSE(relay::in_any(networks, relay::Address::parse("::2")));
    CHECK_FALSE(relay::in_any(networks, relay::Address::parse("::")));
}

TEST_CASE("the defaults trust the host itself and nobody else") {
    const relay::Settings settings;
    CHECK(settings.trusted_networks == relay::own_addresses());
    CHECK(relay::in_any(settings.trusted_networks, relay::Address::parse("127.0.0.1")));
    CHECK_FALSE(relay::in_any(settings.trusted_networks, relay::Address::parse("127.0.0.2")));  // as stock sendmail
    CHECK(settings.auth.plaintext_exempt == relay::loopback_networks());
    CHECK(settings.mode == relay::Mode::enforce);
    CHECK(settings.pop.window == std::chrono::hours{24});
}
