// A limit that a daemon of a fuzzer counts by.
#pragma once

#include "policy/limit.h"

namespace relay::fuzz {

inline LimitSettings limit_named_x() {
    LimitSettings limit;
    limit.name.push_back('x');
    limit.max = limit.burst = 2;
    limit.within = std::chrono::hours{1};
    return limit;
}

}  // namespace relay::fuzz
