#include "policy/source/limits/limit_clock.h"

#include <thread>

#include "tests/support/catch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

LimitMoment moment(const std::string& boot, LimitTime since_boot, std::int64_t wall) {
    return {boot, since_boot.count(), wall};
}

}  // namespace

TEST_CASE("the clock goes on") {
    const auto before = limit_now();
    std::this_thread::sleep_for(2ms);
    CHECK(limit_now() >= before + 2ms);
}

TEST_CASE("within one start of the machine no step of the system's clock is seen") {
    const auto then = moment("a", 100s, 1'000'000);
    CHECK(elapsed(then, moment("a", 130s, 1'000'030)) == 30s);
    CHECK(elapsed(then, moment("a", 130s, 1)) == 30s);
    CHECK(elapsed(then, moment("a", 130s, 2'000'000'000)) == 30s);
}

TEST_CASE("over a reboot the system's clock tells, and one that was set back counts as no time") {
    const auto then = moment("a", 100s, 1'000'000);
    CHECK(elapsed(then, moment("b", 5s, 1'000'030)) == 30s);
    CHECK(elapsed(then, moment("b", 5s, 999'000)) == 0s);
    CHECK(elapsed(moment("", 100s, 1'000'000), moment("", 5s, 1'000'007)) == 7s);
}

#ifdef __linux__
TEST_CASE("the system tells which start of the machine this is") {
    CHECK(limit_moment().boot.size() == 36);
    CHECK(limit_moment().boot == limit_moment().boot);
}
#endif
