#include "policy/limit.h"

#include <algorithm>

#include "tests/property/property.h"

using namespace relay;
using property::holds;
using std::chrono::seconds;

namespace {

struct Some {
    unsigned max = *rc::gen::inRange(1U, 40U);
    unsigned burst = *rc::gen::inRange(1U, max + 1);
    seconds within{*rc::gen::inRange(1, 100)};
    Pace pace{max, within, burst};
};

/// The most of `times` that lie in one span of the length `within`, both ends included.
std::size_t most_within(std::vector<LimitTime> times, LimitTime within) {
    std::sort(times.begin(), times.end());
    std::size_t most = 0;
    for (auto first = times.begin(); first != times.end(); ++first)
        most = std::max(most, static_cast<std::size_t>(std::upper_bound(first, times.end(), *first + within) - first));
    return most;
}

}  // namespace

TEST_CASE("a limit never permits more than max + burst in any span") {
    holds("whatever the order of the times, steps back and forth included", [] {
        const Some some;
        LimitTime value{0};
        LimitTime now = std::chrono::hours{1};
        std::vector<LimitTime> permitted;
        for (int left = *rc::gen::inRange(1, 400); left > 0; --left) {
            const auto step = *rc::gen::weightedOneOf<std::int64_t>(
                {{8, rc::gen::inRange<std::int64_t>(0, 1'000'000'000)},
                 {1, rc::gen::inRange<std::int64_t>(-200'000'000'000, 200'000'000'000)},
                 {6, rc::gen::just<std::int64_t>(0)},
                 {20, rc::gen::just(some.pace.wait(value, now).count())}});  // As greedy as can be.
            now += LimitTime{step};
            if (!some.pace.has_room(value, now)) continue;
            value = some.pace.next(value, now);
            permitted.push_back(now);
        }
        RC_ASSERT(most_within(permitted, some.within) <= some.max + some.burst);
    });
}

TEST_CASE("a limit is not stricter than it says") {
    holds("whoever waits as long as he is told has room, and nobody waits longer than within/max", [] {
        const Some some;
        LimitTime value{0};
        LimitTime now = std::chrono::hours{1};
        for (int left = *rc::gen::inRange(1, 100); left > 0; --left) {
            now += LimitTime{*rc::gen::inRange<std::int64_t>(0, 2'000'000'000)};
            const LimitTime wait = some.pace.wait(value, now);
            RC_ASSERT(some.pace.has_room(value, now) == (wait.count() == 0));
            RC_ASSERT(wait * some.max <= LimitTime{some.within} + LimitTime{some.max});
            RC_ASSERT(some.pace.has_room(value, now + wait));
            value = some.pace.counted(value, now);
            RC_ASSERT(some.pace.used(value, now) <= some.burst);
        }
        RC_ASSERT(some.pace.used(value, now + some.within + LimitTime{some.max}) == 0U);
    });
}
