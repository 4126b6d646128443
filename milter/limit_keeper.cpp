#include "milter/limit_keeper.h"

#include "milter/log.h"
#include "policy/source/files/fault.h"

namespace relay {

void LimitKeeper::keep(std::shared_ptr<LimitStore> store, const std::string& path, const std::vector<LimitSettings>& limits) {
    store_ = std::move(store);
    path_ = path;
    if (const std::string wrong = load_limits(*store_, path_, limits); !wrong.empty()) tell(wrong);
    thread_ = std::thread{[this] { work(); }};
}

void LimitKeeper::tell(const std::string& wrong) const {
    log_line(Severity::error, wrong);
    if (health_)
        health_->failed(Source::limits_state, wrong, std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
}

void LimitKeeper::save() const {
    try {
        save_limits(*store_, path_);
    } catch (const std::exception& fault) {
        tell(std::string{fault.what()} + "; limits count on, but a restart would begin from nothing");
    }
}

void LimitKeeper::work() {
    std::unique_lock lock{mutex_};
    while (!wake_.wait_for(lock, interval_, [this] { return stopping_; })) {
        lock.unlock();
        save();
        lock.lock();
    }
}

void LimitKeeper::stop() {
    if (!thread_.joinable()) return;
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
    save();
}

}  // namespace relay
