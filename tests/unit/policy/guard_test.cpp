#include "policy/guard.h"

#include "tests/support/catch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

Address address(const std::string& text) { return *Address::parse(text); }

GuardSettings guard() {
    GuardSettings settings;
    settings.on = true;
    settings.networks = 2;
    settings.within = 1h;
    settings.hold = 30min;
    return settings;
}

}  // namespace

TEST_CASE("more different networks than permitted within the time brake, and no fewer") {
    GuardRecord record;
    CHECK_FALSE(see_login(record, address("192.0.2.1"), guard(), 10h));
    CHECK_FALSE(see_login(record, address("192.0.2.200"), guard(), 10h));
    CHECK_FALSE(see_login(record, address("2001:db8:1::1"), guard(), 10h));
    CHECK_FALSE(see_login(record, address("2001:db8:1:ffff::1"), guard(), 10h));
    CHECK_FALSE(record.braked(10h));
    CHECK(see_login(record, address("2001:db8:2::1"), guard(), 10h));
    CHECK(record.braked(10h));
    CHECK(record.networks == 3);
}

TEST_CASE("a network that was seen long enough ago counts no more, and one seen again counts from then") {
    GuardRecord record;
    see_login(record, address("192.0.2.1"), guard(), 10h);
    see_login(record, address("198.51.100.1"), guard(), 10h + 1min);
    CHECK_FALSE(see_login(record, address("203.0.113.1"), guard(), 11h));
    GuardRecord other;
    see_login(other, address("192.0.2.1"), guard(), 10h);
    see_login(other, address("198.51.100.1"), guard(), 10h + 1min);
    see_login(other, address("192.0.2.1"), guard(), 10h + 2min);
    CHECK(see_login(other, address("203.0.113.1"), guard(), 11h));
}

TEST_CASE("a brake holds its time, and afterwards the count begins anew") {
    GuardRecord record;
    for (const char* from : {"192.0.2.1", "198.51.100.1", "203.0.113.1"}) see_login(record, address(from), guard(), 10h);
    CHECK(record.braked(10h + 30min - 1ns));
    CHECK_FALSE(record.braked(10h + 30min));
    CHECK_FALSE(see_login(record, address("192.0.2.1"), guard(), 10h + 31min));
    CHECK_FALSE(see_login(record, address("198.51.100.1"), guard(), 10h + 31min));
    CHECK(see_login(record, address("203.0.113.1"), guard(), 10h + 31min));
}

TEST_CASE("hold = 0 brakes until it is released") {
    auto settings = guard();
    settings.hold = 0s;
    GuardRecord record;
    for (const char* from : {"192.0.2.1", "198.51.100.1", "203.0.113.1"}) see_login(record, address(from), settings, 10h);
    CHECK(record.braked(1'000'000h));
    CHECK_FALSE(record.idle(1h, 1'000'000h));
}

TEST_CASE("no more is kept of a login than it takes to brake") {
    auto settings = guard();
    settings.networks = GuardSettings::kMostNetworks;
    GuardRecord record;
    std::size_t most = 0;
    for (unsigned i = 0; i < 1000; ++i) {
        see_login(record, Address::v4({10, static_cast<std::uint8_t>(i / 256), static_cast<std::uint8_t>(i % 256), 1}),
                  settings, 10h);
        most = std::max(most, record.seen.size());
    }
    CHECK(most == GuardSettings::kMostNetworks);
}
