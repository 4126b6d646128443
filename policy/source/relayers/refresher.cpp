#include "policy/source/relayers/refresher.h"

#include <algorithm>
#include <system_error>

#include "policy/source/files/no_signals.h"

namespace relay {

Refresher::~Refresher() {
    {
        const std::lock_guard guard{mutex_};
        stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Refresher::ask() noexcept try {
    if (asked_) return;
    const std::lock_guard guard{mutex_};
    asked_ = true;
    changed_.notify_all();
    if (thread_.joinable()) return;
    const NoSignals blocked;
    thread_ = std::thread{[this] { run(); }};
} catch (const std::system_error&) {
    asked_ = false;  // Tried again by the next one who asks.
}

void Refresher::run() {
    std::unique_lock lock{mutex_};
    for (;;) {
        changed_.wait(lock, [this] { return stopping_ || asked_; });
        if (stopping_) return;
        asked_ = false;
        lock.unlock();
        const auto begin = std::chrono::steady_clock::now();
        const Rest least = work_();
        const Rest rest = std::max(least, std::chrono::steady_clock::now() - begin);
        lock.lock();
        changed_.wait_for(lock, rest, [this] { return stopping_.load(); });
    }
}

}  // namespace relay
