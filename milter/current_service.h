// The Service that new connections begin with, replaced at a reload; and which configuration it is of. Thread-safe; the
// lock is taken once a connection.
//
// Not std::atomic<std::shared_ptr>: libstdc++ 12 reads its pointer and unlocks with relaxed order, which is a data
// race.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "policy/source/files/file_stamp.h"
#include "policy/source/service.h"

namespace relay {

/// The file that a configuration was read from.
struct ConfigurationRead {
    std::string file;
    std::optional<FileStamp> stamp;  ///< Taken before it was read; nothing: it was missing, these are the defaults.
    std::chrono::sys_seconds at{};
    std::string text{};  ///< What is in force, as check-config prints it.
};

class CurrentService {
public:
    [[nodiscard]] std::shared_ptr<const Service> get() const {
        const std::scoped_lock lock{mutex_};
        return service_;
    }

    [[nodiscard]] ConfigurationRead configuration() const {
        const std::scoped_lock lock{mutex_};
        return configuration_;
    }

    void set(std::shared_ptr<const Service> service, ConfigurationRead configuration = {}) {
        const std::scoped_lock lock{mutex_};
        service_.swap(service);
        configuration_ = std::move(configuration);
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Service> service_;
    ConfigurationRead configuration_;
};

}  // namespace relay
