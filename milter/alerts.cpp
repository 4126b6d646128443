#include "milter/alerts.h"

#include <algorithm>

#include "milter/log.h"
#include "policy/source/files/escaped.h"

namespace relay {
namespace {

using Clock = std::chrono::steady_clock;

/// How often running commands are looked after; no signal tells of their end, since libmilter's threads have no use of it.
constexpr std::chrono::milliseconds kLook{20};

}  // namespace

Alerts::~Alerts() { stop(); }

void Alerts::stop() {
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

bool Alerts::is_quiet(const Alert& alert, std::chrono::seconds quiet, Time now) {
    const std::pair key{alert.kind, alert.who};
    const auto known = quiet_until_.find(key);
    if (known != quiet_until_.end() && now < known->second) return true;
    if (quiet_until_.size() >= kMostQuiet) std::erase_if(quiet_until_, [now](const auto& entry) { return entry.second <= now; });
    if (quiet_until_.size() >= kMostQuiet && known == quiet_until_.end()) return true;
    quiet_until_[key] = now + quiet;
    return false;
}

bool Alerts::raise(const Alert& alert, const AlertSettings& settings, Time now) {
    {
        const std::scoped_lock lock{mutex_};
        if (is_quiet(alert, settings.quiet, now)) return false;
    }
    log_line(Severity::warning, "alert: " + alert.line);
    if (!settings.command.empty()) enqueue(alert, settings);
    return true;
}

void Alerts::enqueue(const Alert& alert, const AlertSettings& settings) {
    {
        const std::scoped_lock lock{mutex_};
        if (stopping_) return;
        if (waiting_.size() >= kMostWaiting) {
            log_line(Severity::error, std::to_string(kMostWaiting) + " alerts wait for " + escaped(settings.command[0]) +
                                          "; this one is not handed on");
            return;
        }
        waiting_.push_back({alert.json, settings});
        if (!thread_.joinable()) thread_ = std::thread{[this] { work(); }};
    }
    wake_.notify_one();
}

void Alerts::work() {
    for (;;) {
        std::unique_lock lock{mutex_};
        if (running_.empty()) wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        else wake_.wait_for(lock, kLook, [this] { return stopping_; });
        if (stopping_) break;
        std::vector<Waiting> next;
        while (!waiting_.empty() && running_.size() + next.size() < waiting_.front().settings.at_most) {
            next.push_back(std::move(waiting_.front()));
            waiting_.pop_front();
        }
        lock.unlock();
        for (const Waiting& waiting : next) start(waiting);
        look_after_running(Clock::now());
    }
    running_.clear();
}

void Alerts::start(const Waiting& waiting) {
    const std::string name = escaped(waiting.settings.command[0]);
    try {
        running_.push_back({ChildProcess{waiting.settings.command, waiting.json}, Clock::now() + waiting.settings.timeout, name});
    } catch (const std::exception& fault) {
        log_line(Severity::error, "alert command " + name + ": " + fault.what());
    }
}

void Alerts::look_after_running(Time now) {
    std::erase_if(running_, [now](Running& child) {
        if (now >= child.deadline) {
            child.process.kill();
            log_line(Severity::error, "alert command " + child.name + " took too long and was killed");
            return true;  // Its end waits for the kill.
        }
        const auto code = child.process.ended();
        if (code && *code != 0) log_line(Severity::error, "alert command " + child.name + " ended with " + std::to_string(*code));
        return code.has_value();
    });
}

}  // namespace relay
