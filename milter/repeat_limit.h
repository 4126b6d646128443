// Holds back identical log lines: each text at most once a minute, with a count of what was held back since.
//
// Time is an argument. Thread-safe; meant for faults, so the lock is not on the way of an ordinary verdict.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace relay {

class RepeatLimit {
public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::seconds kInterval{60};
    /// Texts that are remembered at once; beyond them all count as one more.
    static constexpr std::size_t kMostTexts = 64;

    /// The line to log now, if any: `text`, or "TEXT (N more times since)".
    std::optional<std::string> pass(const std::string& text, Time now);

private:
    struct Seen {
        Time logged;
        unsigned held_back = 0;
    };
    const std::string& key_for(const std::string& text, Time now);

    std::mutex mutex_;
    std::map<std::string, Seen> seen_;
};

/// Logs `text` as an error, as often as `limit` lets it pass now.
void log_error(RepeatLimit& limit, const std::string& text);

}  // namespace relay
