#include "milter/repeat_limit.h"

#include "tests/support/catch.h"

namespace {
using relay::RepeatLimit;
using namespace std::chrono_literals;
constexpr RepeatLimit::Time kStart{1000h};
}  // namespace

TEST_CASE("a text passes once a minute, with the count of those held back") {
    RepeatLimit limit;
    CHECK(limit.pass("a", kStart) == "a");
    CHECK_FALSE(limit.pass("a", kStart + 1s));
    CHECK_FALSE(limit.pass("a", kStart + 60s - 1ns));
    CHECK(limit.pass("a", kStart + 60s) == "a (2 more since the last such line)");
    CHECK_FALSE(limit.pass("a", kStart + 61s));
}

TEST_CASE("a text that was not held back passes without a count") {
    RepeatLimit limit;
    CHECK(limit.pass("a", kStart) == "a");
    CHECK(limit.pass("a", kStart + 90s) == "a");
}

TEST_CASE("texts do not hold each other back") {
    RepeatLimit limit;
    CHECK(limit.pass("a", kStart));
    CHECK(limit.pass("b", kStart));
}

TEST_CASE("a flood of different texts is held back too, until a minute has passed") {
    RepeatLimit limit;
    std::size_t passed = 0;
    for (int i = 0; i < 1000; ++i)
        if (limit.pass(std::to_string(i), kStart + 1s)) ++passed;
    CHECK(passed == RepeatLimit::kMostTexts + 1);
    CHECK_FALSE(limit.pass("new", kStart + 2s));
    CHECK(limit.pass("new", kStart + 62s) == "new");
}
