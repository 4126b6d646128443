// One change among many of the same writer: whoever waits for the lock gets in before it.
#pragma once

#include <chrono>
#include <thread>

namespace relay {

/// A writer that locks again at once is quicker than those whom its unlocking wakes: sendmail and makemap would wait as
/// long as logins come.
class Turn {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::milliseconds kGap{2};

    /// `last_end`: of the writer's last turn; waits until it is kGap ago.
    explicit Turn(Clock::time_point& last_end) : last_end_{last_end} { std::this_thread::sleep_until(last_end + kGap); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() { last_end_ = Clock::now(); }

private:
    Clock::time_point& last_end_;
};

}  // namespace relay
