// Runs one piece of work in a thread of its own whenever it is asked for, and rests at least as long as it worked.
//
// The thread is made at the first ask(), so that a process that forks or drops its privileges before is free to, and
// takes no signals. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace relay {

class Refresher {
public:
    using Rest = std::chrono::steady_clock::duration;

    /// `work` returns the least rest; it looks at stopping() every few milliseconds and throws nothing.
    explicit Refresher(std::function<Rest()> work) : work_{std::move(work)} {}
    Refresher(const Refresher&) = delete;
    Refresher& operator=(const Refresher&) = delete;
    /// Waits until the work has seen stopping().
    ~Refresher();

    /// The work is to be done once more, begun after this call. Where no thread can be made, nothing happens.
    void ask() noexcept;
    [[nodiscard]] const std::atomic<bool>& stopping() const { return stopping_; }

private:
    void run();

    std::function<Rest()> work_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::atomic<bool> asked_{false};
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace relay
