// Whether a server that failed is asked again: not for a pause, then by one caller, until an answer comes.
//
// Pure: time and chance are arguments. Not thread-safe.
#pragma once

#include <chrono>

namespace relay {

class Breaker {
public:
    using Time = std::chrono::steady_clock::time_point;

    explicit Breaker(std::chrono::milliseconds pause) : pause_{pause} {}

    /// May this caller ask? After a failure nobody may until the pause is over; then one in each pause.
    bool admits(Time now) {
        if (!open_) return true;
        if (now < next_) return false;
        next_ = now + pause_;
        return true;
    }
    void succeeded() { open_ = false; }
    /// `chance`: 0 to 1. It moves the next probe by up to a fifth of the pause either way, so that many hosts do not all
    /// come at once.
    void failed(Time now, double chance) {
        open_ = true;
        next_ = now + std::chrono::duration_cast<Time::duration>(pause_ * (0.8 + 0.4 * chance));
    }

private:
    std::chrono::milliseconds pause_;
    bool open_ = false;
    Time next_{};
};

}  // namespace relay
