#include "policy/source/logins/clock_watch.h"

#include <thread>

#include "tests/support/catch.h"

using relay::ClockWatch;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::seconds kStart{1'700'000'000};

/// `even` after the start, with the clock so far ahead of where it began.
ClockWatch::Moment at(std::chrono::seconds even, std::chrono::seconds set = 0s) { return {kStart + even + set, even}; }

}  // namespace

TEST_CASE("a clock that only goes on was never set, however long it goes") {
    ClockWatch watch{at(0s)};
    for (const auto even : {1s, 3600s, 86'400s, 86'400s * 365}) CHECK(watch.ahead(at(even)) == 0s);
    CHECK(watch.ahead(at(10s, ClockWatch::kSound - 1s)) == 0s);
    CHECK(watch.ahead(at(10s, 1s - ClockWatch::kSound)) == 0s);
}

TEST_CASE("a clock that was set forward is doubted for an hour, and then believed") {
    ClockWatch watch{at(0s)};
    CHECK(watch.ahead(at(100s, 24h)) == 24h);
    CHECK(watch.ahead(at(100s + ClockWatch::kDoubt, 24h)) == 24h);
    CHECK(watch.ahead(at(101s + ClockWatch::kDoubt, 24h)) == 0s);
    CHECK(watch.ahead(at(102s + ClockWatch::kDoubt, 24h)) == 0s);
}

TEST_CASE("a clock that was set forward and right again is believed at once") {
    ClockWatch watch{at(0s)};
    CHECK(watch.ahead(at(100s, 24h)) == 24h);
    CHECK(watch.ahead(at(200s)) == 0s);
}

TEST_CASE("a clock that was set back is ahead once it is right again, as logins were noted by it meanwhile") {
    ClockWatch watch{at(0s)};
    CHECK(watch.ahead(at(100s, -24h)) == 0s);
    CHECK(watch.ahead(at(200s)) == 24h);
    CHECK(watch.ahead(at(201s + ClockWatch::kDoubt)) == 0s);
}

TEST_CASE("a login is doubted only where the step of the clock made it old") {
    ClockWatch watch{at(0s)};
    const auto answer = [&](std::chrono::seconds login, ClockWatch::Moment now) {
        const relay::LoginRecord record{relay::Layout::timestamp, std::chrono::sys_seconds{kStart + login}, {}};
        const auto found = watch.doubt(record, 24h, now);
        return found.failed() ? found.why() : found.found() ? "found" : "absent";
    };
    CHECK(answer(-24h - 1s, at(0s)) == "found");  // Old, and for the policy to say so.
    CHECK(answer(100s, at(101s, 24h)) == "the clock was set forward by 86400 s, so that a login looks old");
    CHECK(answer(101s, at(101s, 24h)) == "found");
    CHECK(answer(101s - 24h - 1s, at(101s, 24h)) == "found");
    CHECK(answer(100s, at(102s + ClockWatch::kDoubt, 24h)) == "found");
    CHECK(watch.doubt(relay::Absent{}, 24h, at(103s, 24h)).absent());
}

TEST_CASE("a clock that is set again and again takes no room") {
    ClockWatch watch{at(0s)};
    for (int i = 1; i <= 1000; ++i) CHECK(watch.ahead(at(std::chrono::seconds{i}, 100s * i)) == std::min(100s * i, 1600s));
}

TEST_CASE("many threads may ask one clock watch at once") {
    ClockWatch watch{ClockWatch::now()};
    std::vector<std::thread> users;
    for (int user = 0; user < 4; ++user)
        users.emplace_back([&] {
            for (int i = 0; i < 10'000; ++i) watch.ahead(at(100s, 100s * (i % 3)));
        });
    for (auto& user : users) user.join();
    CHECK(watch.ahead(ClockWatch::now()) >= 0s);
}
