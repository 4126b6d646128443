// Log lines on their way to a thread of its own, so that no recipient waits for syslogd. Bounded: lines that have no room
// are counted and forgotten.
//
// Thread-safe. Adding a line copies it into room that is there already, under a lock that is never held over a write.
#pragma once

#include <condition_variable>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "milter/log.h"

namespace relay {

class LogQueue {
public:
    using Write = std::function<void(Severity, std::string_view)>;

    /// Bytes that may wait: some 4,000 verdicts.
    static constexpr std::size_t kRoom = 1 << 20;
    /// Lines of a busy moment are written together: one waking for all of them.
    static constexpr std::chrono::milliseconds kGather{5};

    /// `write` is called by the thread alone, a line at a time, and may take as long as it likes.
    explicit LogQueue(Write write, std::size_t room = kRoom);
    LogQueue(const LogQueue&) = delete;
    LogQueue& operator=(const LogQueue&) = delete;
    /// Writes what waits, however long it takes.
    ~LogQueue();

    /// False where there was no room; the next line that is written says how many were lost before it.
    bool add(Severity severity, std::string_view line);
    /// Returns once all lines added before are written, or after `most`: then false.
    bool flush(std::chrono::milliseconds most);
    [[nodiscard]] std::uint64_t lost() const;

private:
    void work();
    void write_all(std::string_view lines) const;

    const Write write_;
    const std::size_t room_;
    mutable std::mutex mutex_;
    std::condition_variable wake_, idle_;
    std::string waiting_;         // Severity, size (two bytes) and text of each line.
    std::uint64_t lost_ = 0;
    std::uint64_t told_ = 0;      // ... of which the log knows.
    bool sleeping_ = true;        // The thread waits for a line.
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace relay
