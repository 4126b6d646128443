// Notices when the system's clock is set forward: every login then looks older than it is, and nobody knows which time
// was wrong. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <utility>
#include <vector>

#include "policy/login_record.h"
#include "policy/lookup.h"

namespace relay {

class ClockWatch {
public:
    /// One moment, by the clock that may be set and by one that goes on evenly.
    struct Moment {
        std::chrono::seconds wall;
        std::chrono::seconds even;
    };
    static Moment now();

    /// How long a new time is doubted.
    static constexpr std::chrono::seconds kDoubt = std::chrono::hours{1};
    /// What is no step: the leaps and corrections of a sound clock.
    static constexpr std::chrono::seconds kSound{60};

    explicit ClockWatch(Moment begin) : offset_{begin.wall - begin.even} {}

    /// `answer`, or Failed where its login is old only because the clock was set forward.
    Lookup<LoginRecord> doubt(Lookup<LoginRecord> answer, std::chrono::seconds window) { return doubt(std::move(answer), window, now()); }
    Lookup<LoginRecord> doubt(Lookup<LoginRecord> answer, std::chrono::seconds window, Moment now);
    /// How much further ahead the clock is than it was at any look within kDoubt; zero when it was not set forward.
    std::chrono::seconds ahead(Moment now);

private:
    struct Earlier {
        std::chrono::seconds offset;
        std::chrono::seconds until;  ///< By the even clock.
    };
    static constexpr std::size_t kMost = 16;

    std::atomic<std::chrono::seconds> offset_;  ///< Of the wall clock to the even one.
    std::atomic<bool> stepped_{false};          ///< There are earlier ones.
    std::mutex mutex_;
    std::vector<Earlier> earlier_;  ///< The oldest first, at most kMost.
};

}  // namespace relay
