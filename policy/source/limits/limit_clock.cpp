#include "policy/source/limits/limit_clock.h"

#include <time.h>

#include <algorithm>
#include <fstream>

namespace relay {
namespace {

#ifdef CLOCK_BOOTTIME
constexpr clockid_t kClock = CLOCK_BOOTTIME;
#else
constexpr clockid_t kClock = CLOCK_MONOTONIC;
#endif

constexpr std::chrono::seconds kLongest = std::chrono::hours{24 * 366 * 10};

}  // namespace

LimitTime limit_now() {
    timespec now{};
    clock_gettime(kClock, &now);
    return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

LimitMoment limit_moment() {
    LimitMoment moment;
    std::ifstream{"/proc/sys/kernel/random/boot_id"} >> moment.boot;
    moment.since_boot = limit_now().count();
    moment.wall = static_cast<std::int64_t>(::time(nullptr));
    return moment;
}

LimitTime elapsed(const LimitMoment& earlier, const LimitMoment& later) {
    if (!earlier.boot.empty() && earlier.boot == later.boot)
        return LimitTime{std::clamp<std::int64_t>(later.since_boot - earlier.since_boot, 0, LimitTime{kLongest}.count())};
    return std::chrono::seconds{std::clamp<std::int64_t>(later.wall - earlier.wall, 0, kLongest.count())};
}

}  // namespace relay
