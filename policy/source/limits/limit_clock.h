// The time that limits go by: no step of the system's clock reaches it, neither while the daemon runs nor across its
// restart. Only over a reboot the system's clock has to tell how long it took.
#pragma once

#include <cstdint>
#include <string>

#include "policy/limit.h"

namespace relay {

/// Since the machine started, time asleep included. Never goes back. Thread-safe.
LimitTime limit_now();

/// A moment in words that a later process understands.
struct LimitMoment {
    std::string boot;            ///< Which start of the machine; empty where the system does not say.
    std::int64_t since_boot = 0;  ///< limit_now(), ns.
    std::int64_t wall = 0;       ///< Seconds since 1970, as the system's clock had it.
    bool operator==(const LimitMoment&) const = default;
};

LimitMoment limit_moment();

/// From `earlier` to `later`: by limit_now() within one start of the machine, else by the system's clock. Never negative:
/// a clock that was set back counts as no time at all.
LimitTime elapsed(const LimitMoment& earlier, const LimitMoment& later);

}  // namespace relay
