#include "policy/source/redis/breaker.h"

#include "tests/support/catch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {
constexpr Breaker::Time kStart{1000s};
}

TEST_CASE("a server that never failed is always asked") {
    Breaker breaker{1000ms};
    for (int i = 0; i < 3; ++i) CHECK(breaker.admits(kStart));
}

TEST_CASE("after a failure nobody asks until the pause is over, then one, and no other in the next pause") {
    Breaker breaker{1000ms};
    breaker.failed(kStart, 0.5);
    CHECK_FALSE(breaker.admits(kStart));
    CHECK_FALSE(breaker.admits(kStart + 999ms));
    CHECK(breaker.admits(kStart + 1000ms));
    CHECK_FALSE(breaker.admits(kStart + 1000ms));
    CHECK_FALSE(breaker.admits(kStart + 1999ms));
    CHECK(breaker.admits(kStart + 2000ms));  // The first one never told how it went.
}

TEST_CASE("an answer to the probe admits everybody, a failure of it begins a new pause") {
    Breaker breaker{1000ms};
    breaker.failed(kStart, 0.5);
    REQUIRE(breaker.admits(kStart + 1s));
    breaker.failed(kStart + 1250ms, 0.5);
    CHECK_FALSE(breaker.admits(kStart + 2249ms));
    REQUIRE(breaker.admits(kStart + 2250ms));
    breaker.succeeded();
    for (int i = 0; i < 3; ++i) CHECK(breaker.admits(kStart + 2250ms));
}

TEST_CASE("chance moves the probe by a fifth of the pause either way") {
    Breaker early{1000ms}, late{1000ms};
    early.failed(kStart, 0);
    late.failed(kStart, 1);
    CHECK_FALSE(early.admits(kStart + 799ms));
    CHECK(early.admits(kStart + 801ms));
    CHECK_FALSE(late.admits(kStart + 1199ms));
    CHECK(late.admits(kStart + 1201ms));
}
