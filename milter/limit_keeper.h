// Keeps the counts of limits in their file: once a minute, and at the end. Its thread is made with the first store.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "policy/source/limits/limit_store.h"
#include "policy/source/source_health.h"

namespace relay {

class LimitKeeper {
public:
    static constexpr std::chrono::seconds kInterval{60};

    /// `health` is told of what goes wrong with the file.
    explicit LimitKeeper(std::chrono::milliseconds interval = kInterval, std::shared_ptr<SourceHealth> health = nullptr)
        : interval_{interval}, health_{std::move(health)} {}
    LimitKeeper(const LimitKeeper&) = delete;
    LimitKeeper& operator=(const LimitKeeper&) = delete;
    ~LimitKeeper() { stop(); }

    /// Loads the store from the file, logging what is wrong with it, and saves it from now on. Once.
    void keep(std::shared_ptr<LimitStore> store, const std::string& path, const std::vector<LimitSettings>& limits);
    /// Saves for the last time; nothing when keep() was never called.
    void stop();

private:
    void save() const;
    void tell(const std::string& wrong) const;
    void work();

    std::chrono::milliseconds interval_;
    std::shared_ptr<SourceHealth> health_;
    std::shared_ptr<LimitStore> store_;
    std::string path_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace relay
