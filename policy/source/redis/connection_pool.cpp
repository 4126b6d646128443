#include "policy/source/redis/connection_pool.h"

#include <utility>

namespace relay {

std::unique_ptr<Connection> ConnectionPool::take() {
    const std::scoped_lock lock{mutex_};
    while (!idle_.empty()) {
        auto last = std::move(idle_.back().connection);
        idle_.pop_back();
        if (last->quiet()) return last;
    }
    return nullptr;
}

void ConnectionPool::give(std::unique_ptr<Connection> connection) {
    const auto now = Clock::now();
    std::unique_ptr<Connection> closed;  // After the lock.
    const std::scoped_lock lock{mutex_};
    idle_.push_back({std::move(connection), now});
    if (idle_.size() <= kMost && now - idle_.front().since < kLongestIdle) return;
    closed = std::move(idle_.front().connection);
    idle_.erase(idle_.begin());
}

void ConnectionPool::clear() {
    std::vector<Idle> closed;
    const std::scoped_lock lock{mutex_};
    closed.swap(idle_);
}

}  // namespace relay
