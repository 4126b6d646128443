// When something has to be over, by the monotonic clock.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>

#include "policy/source/redis/redis_fault.h"

namespace relay {

class Deadline {
public:
    using Clock = std::chrono::steady_clock;

    explicit Deadline(std::chrono::milliseconds length) : length_{length}, end_{Clock::now() + length} {}

    [[nodiscard]] std::chrono::nanoseconds left() const { return std::max(end_ - Clock::now(), Clock::duration::zero()); }
    [[nodiscard]] bool over() const { return left().count() == 0; }
    /// For poll(2): never so little that it would spin before the end.
    [[nodiscard]] int poll_timeout() const {
        return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left()).count());
    }
    /// The share of one of `parts` that come one after the other; what one leaves is for the next.
    [[nodiscard]] Deadline share(std::size_t parts) const {
        return Deadline{std::chrono::ceil<std::chrono::milliseconds>(left() / std::max<std::size_t>(parts, 1))};
    }
    [[nodiscard]] RedisFault missed(const std::string& what) const {
        return {RedisFault::Kind::unreachable, what + " within " + std::to_string(length_.count()) + " ms"};
    }

private:
    std::chrono::milliseconds length_;
    Clock::time_point end_;
};

}  // namespace relay
