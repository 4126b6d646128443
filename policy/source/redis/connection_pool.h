// Connections that nobody uses at the moment: the last one given back is the first to be taken. Thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

#include "policy/source/redis/connection.h"

namespace relay {

class ConnectionPool {
public:
    static constexpr std::size_t kMost = 64;
    static constexpr std::chrono::seconds kLongestIdle{60};

    /// Null where there is none. The server may still close it before it answers.
    std::unique_ptr<Connection> take();
    /// What has been idle for too long, or is one too many, is closed.
    void give(std::unique_ptr<Connection> connection);
    void clear();

private:
    using Clock = std::chrono::steady_clock;
    struct Idle {
        std::unique_ptr<Connection> connection;
        Clock::time_point since;
    };
    std::mutex mutex_;
    std::vector<Idle> idle_;
};

}  // namespace relay
