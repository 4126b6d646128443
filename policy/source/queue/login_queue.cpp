#include "policy/source/queue/login_queue.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include "policy/source/database/locked_file.h"
#include "policy/source/database/replacement.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/files/small_file.h"
#include "policy/source/queue/queue_line.h"

namespace relay {
namespace {

constexpr std::chrono::milliseconds kWait{3000};      // for other writers: each has one write to do
constexpr std::chrono::milliseconds kLostWait{1000};  // for others who count what is lost: a write and a sync
constexpr std::size_t kMostLineBytes = 2048;      // of a line that we write
constexpr mode_t kMode = 0640;                    // the milter, whose group the directory has, counts them

/// Locked, and made where it is missing.
LockedFile lock(const std::string& path, std::chrono::milliseconds wait = kWait) {
    for (int tries = 0; tries < 100; ++tries) {  // A sender may take it away in between.
        const Descriptor made{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW, kMode)};
        if (!made) throw system_fault(path, "open", errno);
        static_cast<void>(::fchmod(made.get(), kMode));  // Whatever umask Dovecot gave us.
        if (auto locked = LockedFile::open(path, Lock::exclusive, wait)) return *std::move(locked);
    }
    throw Fault{Trouble::replaced, escaped(path) + ": is taken away again and again by another process"};
}

/// The last bytes of a file of `size`.
std::string tail_of(const LockedFile& file, off_t size, std::size_t bytes) {
    std::string tail(bytes, '\0');
    const ssize_t got = ::pread(file.descriptor(), tail.data(), bytes, size - static_cast<off_t>(bytes));
    if (got != static_cast<ssize_t>(bytes)) throw system_fault(file.path(), "read", got < 0 ? errno : EIO);
    return tail;
}

/// Where the last whole line ends. What is behind it was being written when its writer was killed.
off_t end_of_lines(const LockedFile& file) {
    const off_t size = file.stamp().size;
    for (std::size_t most = kMostLineBytes;; most *= 2) {
        const std::size_t bytes = std::min(most, static_cast<std::size_t>(size));
        const std::size_t last = tail_of(file, size, bytes).rfind('\n');
        if (last != std::string::npos) return size - static_cast<off_t>(bytes - last - 1);
        if (bytes == static_cast<std::size_t>(size)) return 0;
    }
}

bool write_all(const LockedFile& file, std::string_view bytes, off_t at) {
    while (!bytes.empty()) {
        const ssize_t written = ::pwrite(file.descriptor(), bytes.data(), bytes.size(), at);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
        at += written;
    }
    return true;
}

void sync(const LockedFile& file) {
    if (::fsync(file.descriptor()) != 0) throw system_fault(file.path(), "sync", errno);
}

/// In the place of what is behind `end`; all of it, or none.
void append(const LockedFile& file, std::string_view bytes, off_t end) {
    if (::ftruncate(file.descriptor(), end) == 0 && write_all(file, bytes, end)) return;
    const int error = errno;
    // Whole lines of it would be sent all the same; that they fail to go changes nothing that was promised.
    if (::ftruncate(file.descriptor(), end) != 0) throw system_fault(file.path(), "truncate", errno);
    throw system_fault(file.path(), "write", error);
}

std::string text_of(const std::string& path, std::size_t largest) {
    const auto file = read_small_file(path, largest);
    return file ? file->text : std::string{};
}

std::uint64_t number_in(std::string_view digits) {
    std::uint64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

/// Calls `use` with each line that is whole.
template <class Use>
void each_line(std::string_view text, Use use) {
    for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
        use(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
}

void count(LoginQueue::State& state, const std::string& text) {
    each_line(text, [&](std::string_view line) {
        const auto event = parse_queue_line(line);
        if (!event) return;
        ++state.waiting;
        if (!state.oldest) state.oldest = event->at;
    });
}

}  // namespace

LoginQueue::LoginQueue(std::string path) : path_{std::move(path)}, sending_{path_ + ".sending"} {}

void LoginQueue::put(const std::vector<LoginEvent>& events) const {
    std::string lines;
    for (const LoginEvent& event : events) lines += queue_line(event);
    LockedFile file = lock(path_);
    const off_t end = end_of_lines(file);
    if (lines.size() > kMostBytes - std::min(kMostBytes, static_cast<std::size_t>(end)))
        throw Fault{Trouble::system, escaped(path_) + ": is full, it holds 16 MiB"};
    if (end == 0) sync_directory_of(path_);  // It may be new.
    append(file, lines, end);
    file.unlock();  // A slow disk is waited for by all at once. A sender may take the line before: it is recorded then.
    sync(file);
}

void LoginQueue::count_lost(std::size_t logins) const {
    const LockedFile file = lock(path_ + ".lost", kLostWait);
    const std::string number = std::to_string(number_in(text_of(file.path(), kMostLineBytes)) + logins);
    // In place, since it never gets shorter: on a full disk there may be no other.
    if (!write_all(file, number + '\n', 0)) throw system_fault(file.path(), "write", errno);
    sync(file);
}

bool LoginQueue::take() const {
    const auto file = LockedFile::open(path_, Lock::exclusive, kWait);  // Nobody is writing to it now, nor will later.
    if (!file) return false;
    if (::rename(path_.c_str(), sending_.c_str()) != 0) throw system_fault(path_, "rename", errno);
    return true;
}

void LoginQueue::finish(const Record& record, Sent& sent) const {
    std::vector<LoginEvent> events;
    const auto record_them = [&] {
        if (events.empty()) return;
        record(events);
        sent.logins += events.size();
        events.clear();
    };
    each_line(text_of(sending_, 2 * kMostBytes), [&](std::string_view line) {
        if (auto event = parse_queue_line(line)) events.push_back(*std::move(event));
        else ++sent.unreadable;
        if (events.size() == kMostAtOnce) record_them();
    });
    record_them();
    if (::unlink(sending_.c_str()) != 0 && errno != ENOENT) throw system_fault(sending_, "remove", errno);
}

LoginQueue::Sent LoginQueue::send(const Record& record) const {
    Sent sent;
    if (bytes() == 0) return sent;
    const std::string path = path_ + ".lock";
    const Descriptor made{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kMode)};
    if (!made) throw system_fault(path, "open", errno);
    const auto attempt = LockedFile::attempt(path, Lock::exclusive);
    sent.busy = !attempt.file;
    if (sent.busy) return sent;
    finish(record, sent);
    if (take()) finish(record, sent);
    return sent;
}

LoginQueue::State LoginQueue::state() const {
    State state;
    std::error_code error;
    if (!std::filesystem::exists(directory_of(path_), error) && !error) return state;
    count(state, text_of(sending_, 2 * kMostBytes));
    count(state, text_of(path_, 2 * kMostBytes));
    state.lost = number_in(text_of(path_ + ".lost", kMostLineBytes));
    return state;
}

std::uintmax_t LoginQueue::bytes() const {
    std::uintmax_t all = 0;
    for (const std::string& path : {path_, sending_}) {
        std::error_code error;
        const auto size = std::filesystem::file_size(path, error);
        if (!error) all += size;
    }
    return all;
}

}  // namespace relay
