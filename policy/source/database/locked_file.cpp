#include "policy/source/database/locked_file.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <thread>

#include "policy/source/database/lock_holder.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/existing_file.h"
#include "policy/source/files/fault.h"

namespace relay {
namespace {

using Clock = std::chrono::steady_clock;
using between = std::uniform_int_distribution<std::chrono::microseconds::rep>;

constexpr std::chrono::microseconds kFirstPause{500};
constexpr std::chrono::microseconds kLongestPause{4000};

FileStamp stamp_of(int descriptor, const std::string& path) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) throw system_fault(path, "examine", errno);
    if (!S_ISREG(status.st_mode))
        throw Fault{Trouble::system, escaped(path) + ": is " + (S_ISDIR(status.st_mode) ? "a directory" : "no regular file")
                                          + ", not a database"};
    return FileStamp{status};
}

/// Never blocks in flock(2), which knows no time limit.
bool try_lock(const Descriptor& descriptor, Lock lock, const std::string& path) {
    if (::flock(descriptor.get(), (lock == Lock::shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0) return true;
    if (errno != EWOULDBLOCK && errno != EINTR) throw system_fault(path, "lock", errno);
    return false;
}

void lock_until(const Descriptor& descriptor, Lock lock, Clock::time_point deadline, const std::string& path) {
    if (try_lock(descriptor, lock, path)) return;
    // Many who wait must not look all at the same moment, and none so seldom that it never finds the lock free.
    std::minstd_rand random{std::random_device{}()};
    for (auto most = kFirstPause; !try_lock(descriptor, lock, path); most = std::min(most * 2, kLongestPause)) {
        if (Clock::now() >= deadline)
            throw Fault{Trouble::locked, escaped(path) + ": locked by " + lock_holder(stamp_of(descriptor.get(), path))};
        std::this_thread::sleep_for(std::chrono::microseconds{between(most.count() / 2, most.count())(random)});
    }
}

/// No descriptor when the file is missing.
Descriptor open_file(const std::string& path, Lock lock) {
    return open_existing(path, lock == Lock::shared ? O_RDONLY : O_RDWR);
}

}  // namespace

std::optional<LockedFile> LockedFile::open(const std::string& path, Lock lock, std::chrono::milliseconds wait) {
    const auto deadline = Clock::now() + wait;
    do {
        Descriptor descriptor = open_file(path, lock);
        if (!descriptor) return std::nullopt;
        const FileStamp stamp = stamp_of(descriptor.get(), path);
        lock_until(descriptor, lock, deadline, path);
        if (names(path, stamp)) return LockedFile{path, std::move(descriptor), lock};
    } while (Clock::now() < deadline);
    throw Fault{Trouble::replaced, escaped(path) + ": is replaced again and again by another process"};
}

LockedFile::Attempt LockedFile::attempt(const std::string& path, Lock lock) {
    Descriptor descriptor = open_file(path, lock);
    if (!descriptor) return {std::nullopt, false};
    const FileStamp stamp = stamp_of(descriptor.get(), path);
    if (!try_lock(descriptor, lock, path) || !names(path, stamp)) return {std::nullopt, true};
    return {LockedFile{path, std::move(descriptor), lock}, false};
}

void LockedFile::unlock() {
    ::flock(descriptor_.get(), LOCK_UN);
}

bool LockedFile::try_lock_again() {
    return try_lock(descriptor_, lock_, path_);
}

void LockedFile::lock_again(std::chrono::milliseconds wait) {
    lock_until(descriptor_, lock_, Clock::now() + wait, path_);
}

LockedFile LockedFile::take(std::string path, Descriptor descriptor) {
    lock_until(descriptor, Lock::exclusive, Clock::now(), path);
    return LockedFile{std::move(path), std::move(descriptor), Lock::exclusive};
}

// flock(2) turns one kind of lock into the other by letting go of the first: a writer that is faster shows in the stamp.
void LockedFile::admit_readers() const {
    const FileStamp before = stamp();
    if (try_lock(descriptor_, Lock::shared, path_) && stamp() == before) return;
    throw Fault{Trouble::replaced, escaped(path_) + ": was changed by another process meanwhile"};
}

FileStamp LockedFile::stamp() const {
    return stamp_of(descriptor_.get(), path_);
}

}  // namespace relay
