// The Service that new connections begin with, replaced at a reload. Thread-safe; the lock is taken once a connection.
//
// Not std::atomic<std::shared_ptr>: libstdc++ 12 reads its pointer and unlocks with relaxed order, which is a data
// race.
#pragma once

#include <memory>
#include <mutex>

#include "policy/source/service.h"

namespace relay {

class CurrentService {
public:
    [[nodiscard]] std::shared_ptr<const Service> get() const {
        const std::scoped_lock lock{mutex_};
        return service_;
    }

    void set(std::shared_ptr<const Service> service) {
        const std::scoped_lock lock{mutex_};
        service_.swap(service);
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Service> service_;
};

}  // namespace relay
