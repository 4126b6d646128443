#include "policy/source/limits/login_guard.h"

#include <iostream>
#include <thread>

#include "tests/support/catch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

constexpr LimitTime kNow = 100h;

GuardSettings settings() {
    GuardSettings guard;
    guard.on = true;
    guard.networks = 2;
    guard.within = 1h;
    guard.hold = 1h;
    return guard;
}

Address from(unsigned network) {
    return Address::v4({10, static_cast<std::uint8_t>(network >> 8 & 0xff), static_cast<std::uint8_t>(network & 0xff), 1});
}

void brake(LoginGuard& guard, const std::string& login, LimitTime now = kNow) {
    for (unsigned network = 0; network < 3; ++network) guard.see(login, from(network), settings(), now);
}

}  // namespace

TEST_CASE("a login is braked by its networks, whatever the case of its letters, and no other with it") {
    LoginGuard guard;
    CHECK_FALSE(guard.see("alice", from(0), settings(), kNow));
    CHECK_FALSE(guard.see("Alice", from(1), settings(), kNow));
    const auto braked = guard.see("ALICE", from(2), settings(), kNow);
    REQUIRE(braked);
    CHECK(braked->login == "alice");
    CHECK(braked->record.count == 3);
    CHECK(guard.see("alice", from(0), settings(), kNow + 59min));
    CHECK_FALSE(guard.see("alice", from(0), settings(), kNow + 60min));
    CHECK_FALSE(guard.see("bob", from(3), settings(), kNow));
}

TEST_CASE("a look-up without an address sees a brake and never makes one") {
    LoginGuard guard;
    brake(guard, "alice");
    CHECK(guard.see("alice", {}, settings(), kNow));
    for (int i = 0; i < 10; ++i) CHECK_FALSE(guard.see("bob", {}, settings(), kNow));
    CHECK(guard.entries(kNow, false).size() == 1);
}

TEST_CASE("a released login begins anew") {
    LoginGuard guard;
    brake(guard, "alice");
    CHECK(guard.release("Alice", kNow));
    CHECK_FALSE(guard.see("alice", from(0), settings(), kNow));
    CHECK_FALSE(guard.see("alice", from(1), settings(), kNow));
    CHECK_FALSE(guard.release("alice", kNow));
    CHECK_FALSE(guard.release("nobody", kNow));
}

TEST_CASE("a full guard forgets whom it saw longest ago, and never a brake") {
    LoginGuard guard;
    for (int i = 0; i < 200; ++i) brake(guard, "thief" + std::to_string(i));
    for (int i = 0; i < 200'000; ++i) guard.see("user" + std::to_string(i), from(1), settings(), kNow + std::chrono::microseconds{i});
    CHECK(guard.entries(kNow, true).size() == 200);
    CHECK(guard.entries(kNow, false).size() <= LoginGuard::kMostLogins);
    CHECK(guard.entries(kNow, false).size() > LoginGuard::kMostLogins / 2);
    CHECK_FALSE(guard.see("user199999", from(2), settings(), kNow + 1s));
    CHECK(guard.see("user199999", from(3), settings(), kNow + 1s));
}

TEST_CASE("threads see one brake") {
    LoginGuard guard;
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t)
        threads.emplace_back([&guard, t] {
            for (unsigned i = 0; i < 500; ++i) {
                guard.see("user" + std::to_string(i % 50), from(t * 500 + i), settings(), kNow);
                static_cast<void>(guard.entries(kNow, true));
            }
        });
    for (auto& thread : threads) thread.join();
    CHECK(guard.entries(kNow, true).size() == 50);
}

TEST_CASE("refusals and limit hits brake by name as networks do, and a release forgets them") {
    LoginGuard guard;
    auto counting = settings();
    counting.refusals = 2;
    CHECK_FALSE(guard.count("alice", GuardCause::refusals, counting, kNow));
    CHECK_FALSE(guard.count("Alice", GuardCause::refusals, counting, kNow));
    CHECK_FALSE(guard.see("alice", {}, counting, kNow));
    CHECK(guard.entries(kNow, false).size() == 1);
    CHECK_FALSE(guard.release("alice", kNow));
    for (int i = 0; i < 2; ++i) CHECK_FALSE(guard.count("alice", GuardCause::refusals, counting, kNow));
    const auto braked = guard.count("ALICE", GuardCause::refusals, counting, kNow);
    REQUIRE(braked);
    CHECK(braked->login == "alice");
    CHECK(guard.see("alice", {}, counting, kNow + 59min));
    CHECK_FALSE(guard.count("alice", GuardCause::refusals, counting, kNow));  // Braked already: it is told once.
    CHECK_FALSE(guard.see("alice", {}, counting, kNow + 60min));
    CHECK(guard.release("alice", kNow));
    CHECK_FALSE(guard.see("alice", {}, counting, kNow));
}
