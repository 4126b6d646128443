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
    CHECK(record.count == 3);
    CHECK(cause_text(record, guard()) == "3 networks within 3600 s");
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

namespace {

GuardSettings counting() {
    GuardSettings settings = guard();
    settings.networks = 0;
    settings.refusals = 3;
    settings.limit_hits = 5;
    return settings;
}

}  // namespace

TEST_CASE("more refusals or limit hits than permitted within the time brake, and no fewer") {
    const auto [cause, most, why] = GENERATE(table<GuardCause, int, const char*>({
        {GuardCause::refusals, 3, "more than 3 refusals within 3600 s"},
        {GuardCause::limit_hits, 5, "more than 5 limit hits within 3600 s"},
    }));
    GuardRecord record;
    for (int i = 0; i < most; ++i) CHECK_FALSE(count_against(record, cause, counting(), 10h));
    CHECK_FALSE(record.braked(10h));
    CHECK(count_against(record, cause, counting(), 10h));
    CHECK(record.braked(10h + 30min - 1ns));
    CHECK(cause_text(record, counting()) == why);
    CHECK_FALSE(count_against(record, cause, counting(), 10h + 1min));
    CHECK_FALSE(record.braked(10h + 30min));
    CHECK_FALSE(count_against(record, cause, counting(), 10h + 30min));
}

TEST_CASE("refusals and limit hits are counted apart, and each only where it is configured") {
    GuardRecord record;
    for (int i = 0; i < 3; ++i) count_against(record, GuardCause::refusals, counting(), 10h);
    for (int i = 0; i < 5; ++i) CHECK_FALSE(count_against(record, GuardCause::limit_hits, counting(), 10h));
    GuardRecord other;
    for (int i = 0; i < 1000; ++i) CHECK_FALSE(count_against(other, GuardCause::refusals, guard(), 10h));
    for (int i = 0; i < 1000; ++i) see_login(other, Address::v4({10, 0, static_cast<std::uint8_t>(i), 1}), counting(), 10h);
    CHECK(other == GuardRecord{});
}

TEST_CASE("a login that stays at what is permitted is never braked for it") {
    GuardRecord record;
    for (LimitTime now = 10h; now < 100h; now += 1h)
        for (int i = 0; i < 3; ++i) REQUIRE_FALSE(count_against(record, GuardCause::refusals, counting(), now + i * 1s));
}

TEST_CASE("a smaller number in a new configuration brakes no sooner than it would have itself") {
    GuardRecord record;
    auto many = counting();
    many.refusals = 1000;
    for (int i = 0; i < 1000; ++i) count_against(record, GuardCause::refusals, many, 10h);
    CHECK_FALSE(count_against(record, GuardCause::refusals, counting(), 10h + 20min));
    CHECK_FALSE(record.idle(1h, 10h + 20min));
    CHECK(record.idle(1h, 12h));
}
