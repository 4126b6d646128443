#include "milter/log_queue.h"

#include <utility>

namespace relay {
namespace {

constexpr std::size_t kHead = 3;
constexpr std::size_t kMostText = 0xffff;

}  // namespace

LogQueue::LogQueue(Write write, std::size_t room) : write_{std::move(write)}, room_{room} {
    waiting_.reserve(room_);
    thread_ = std::thread{[this] { work(); }};
}

LogQueue::~LogQueue() {
    {
        const std::scoped_lock lock{mutex_};
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

bool LogQueue::add(Severity severity, std::string_view line) {
    line = line.substr(0, kMostText);
    bool wakes = false;
    {
        const std::scoped_lock lock{mutex_};
        if (waiting_.size() + kHead + line.size() > room_) {
            ++lost_;
            return false;
        }
        waiting_.push_back(static_cast<char>(severity));
        waiting_.push_back(static_cast<char>(line.size() >> 8));
        waiting_.push_back(static_cast<char>(line.size() & 0xff));
        waiting_.append(line);
        wakes = std::exchange(sleeping_, false);
    }
    if (wakes) wake_.notify_one();
    return true;
}

bool LogQueue::flush(std::chrono::milliseconds most) {
    std::unique_lock lock{mutex_};
    return idle_.wait_for(lock, most, [this] { return sleeping_ && waiting_.empty(); });
}

std::uint64_t LogQueue::lost() const {
    const std::scoped_lock lock{mutex_};
    return lost_;
}

void LogQueue::write_all(std::string_view lines) const {
    while (!lines.empty()) {
        const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(lines[i])); };
        const std::size_t size = byte(1) << 8 | byte(2);
        write_(static_cast<Severity>(byte(0)), lines.substr(kHead, size));
        lines.remove_prefix(kHead + size);
    }
}

void LogQueue::work() {
    std::string lines;
    lines.reserve(room_);
    std::unique_lock lock{mutex_};
    for (;;) {
        sleeping_ = waiting_.empty();
        if (sleeping_) idle_.notify_all();
        wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (waiting_.empty()) return;
        sleeping_ = false;
        std::swap(lines, waiting_);
        const auto lost = lost_ - std::exchange(told_, lost_);
        lock.unlock();
        write_all(lines);
        lines.clear();
        if (lost > 0) write_(Severity::error, std::to_string(lost) + " log lines were lost: syslogd did not take them in time");
        lock.lock();
        wake_.wait_for(lock, kGather, [this] { return stopping_; });
    }
}

}  // namespace relay
