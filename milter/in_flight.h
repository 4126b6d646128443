// Counts what must not be cut off by a stop: callbacks that run, and messages that are open between MAIL and their end.
//
// Thread-safe, without locks. Tokens must not outlive the InFlight that they were taken from.
#pragma once

#include <atomic>
#include <chrono>
#include <utility>

namespace relay {

class InFlight {
public:
    /// Counts as in flight from its construction to its end.
    class Token {
    public:
        explicit Token(InFlight& owner) : owner_{&owner} { ++owner_->count_; }
        Token(Token&& other) noexcept : owner_{std::exchange(other.owner_, nullptr)} {}
        Token& operator=(Token&&) = delete;
        ~Token() {
            if (owner_) owner_->end_one();
        }

    private:
        InFlight* owner_;
    };

    /// libmilter sends an answer after the callback has returned, and does not say when: so long it is waited for.
    static constexpr std::chrono::milliseconds kSending{50};

    [[nodiscard]] int count() const { return count_; }
    /// Returns once nothing is in flight and the last answer had kSending to leave, or after `most`: then false.
    bool wait_until_quiet(std::chrono::milliseconds most) const;

private:
    using Clock = std::chrono::steady_clock;
    void end_one();

    std::atomic<int> count_{0};
    std::atomic<Clock::rep> last_end_{0};
};

}  // namespace relay
