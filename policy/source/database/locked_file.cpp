#include "policy/source/database/locked_file.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/database/lock_holder.h"
#include "policy/source/files/missing_file.h"

namespace relay {
namespace {

using Clock = std::chrono::steady_clock;

FileStamp stamp_of(int descriptor, const std::string& path) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) throw system_fault(path, "examine", errno);
    if (!S_ISREG(status.st_mode))
        throw Fault{Trouble::system, escaped(path) + ": is " + (S_ISDIR(status.st_mode) ? "a directory" : "no regular file")
                                          + ", not a database"};
    return FileStamp{status};
}

bool names(const std::string& path, const FileStamp& stamp) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && FileStamp{status}.same_file(stamp);
}

/// Never blocks in flock(2), which knows no time limit.
void lock_until(const Descriptor& descriptor, Lock lock, Clock::time_point deadline, const std::string& path) {
    const int operation = (lock == Lock::shared ? LOCK_SH : LOCK_EX) | LOCK_NB;
    for (auto pause = std::chrono::milliseconds{1};; pause = std::min(pause * 2, std::chrono::milliseconds{20})) {
        if (::flock(descriptor.get(), operation) == 0) return;
        if (errno != EWOULDBLOCK && errno != EINTR) throw system_fault(path, "lock", errno);
        if (Clock::now() >= deadline)
            throw Fault{Trouble::locked, escaped(path) + ": locked by " + lock_holder(stamp_of(descriptor.get(), path))};
        std::this_thread::sleep_for(pause);
    }
}

}  // namespace

std::optional<LockedFile> LockedFile::open(const std::string& path, Lock lock, std::chrono::milliseconds wait) {
    const auto deadline = Clock::now() + wait;
    const int access = lock == Lock::shared ? O_RDONLY : O_RDWR;
    do {
        // O_NONBLOCK: a FIFO in the file's place must not stop us.
        Descriptor descriptor{::open(path.c_str(), access | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
        if (!descriptor) {
            if (errno != ENOENT) throw system_fault(path, "open", errno);
            if (is_missing(path)) return std::nullopt;
            continue;
        }
        const FileStamp stamp = stamp_of(descriptor.get(), path);
        lock_until(descriptor, lock, deadline, path);
        if (names(path, stamp)) return LockedFile{path, std::move(descriptor)};
    } while (Clock::now() < deadline);
    throw Fault{Trouble::replaced, escaped(path) + ": is replaced again and again by another process"};
}

FileStamp LockedFile::stamp() const {
    return stamp_of(descriptor_.get(), path_);
}

}  // namespace relay
