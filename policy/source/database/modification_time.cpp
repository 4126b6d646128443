#include "policy/source/database/modification_time.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "policy/source/files/fault.h"

namespace relay {
namespace {

using namespace std::chrono;

constexpr seconds kLockWait{10};
constexpr long kSecond = 1'000'000'000;
/// Even, and not 0: see RecentChanges.
constexpr long kFirst = 2;

timespec clock_now() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return now;
}

bool is_odd(long number) { return (number & 1) != 0; }

bool set_time(int descriptor, timespec modified) {
    const timespec times[2] = {{0, UTIME_OMIT}, modified};
    return ::futimens(descriptor, times) == 0;
}

bool set_time(const LockedFile& file, const RecentChanges& changes, timespec modified) {
    changes.write(file, modified);
    return set_time(file.descriptor(), modified);
}

/// All that a writer who does not own the file may do.
std::optional<LateTouch> set_to_now(const LockedFile& file, timespec previous, timespec now) {
    const timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};  // POSIX grants it only for both.
    if (::futimens(file.descriptor(), times) != 0 || now.tv_sec > previous.tv_sec) return std::nullopt;
    return LateTouch{file.path(), now.tv_sec, sys_seconds{seconds{now.tv_sec + 1}}};
}

void sleep_until(sys_seconds due) {
    // A clock that is set meanwhile must not keep the process for long.
    const auto left = std::min<nanoseconds>(due - system_clock::now(), seconds{2});
    if (left > nanoseconds::zero()) std::this_thread::sleep_for(left);
}

}  // namespace

NextTime next_time(timespec previous, timespec now) {
    if (previous.tv_sec <= now.tv_sec)
        return {{std::max(now.tv_sec, previous.tv_sec + 1), now.tv_nsec & ~1L}, false, 0};
    const bool owed_already = is_odd(previous.tv_nsec);
    const long next = previous.tv_nsec + (owed_already ? 2 : 1);
    if (next >= kSecond) return {{previous.tv_sec + 1, kFirst}, false, 0};
    return {{previous.tv_sec, next}, !owed_already, owed_already ? 0 : std::min(previous.tv_sec, now.tv_sec + 1)};
}

std::optional<LateTouch> move_time_on(const LockedFile& file, timespec previous, const RecentChanges& changes) {
    const timespec now = clock_now();
    const NextTime next = next_time(previous, now);
    if (!set_time(file, changes, next.at)) return set_to_now(file, previous, now);
    if (!next.owed) return std::nullopt;
    return LateTouch{file.path(), next.at.tv_sec, sys_seconds{seconds{next.due}}};
}

void move_time_past(int descriptor, timespec previous) {
    const timespec now = clock_now();
    set_time(descriptor, {std::max(now.tv_sec, previous.tv_sec + 1), now.tv_nsec});
}

void LateTouch::perform() const noexcept {
    try {
        const auto file = LockedFile::open(path, Lock::exclusive, kLockWait);
        if (!file) return;
        const timespec modified = file->stamp().modified;
        if (modified.tv_sec != second) return;
        const timespec now = clock_now();
        const timespec next{second + 1, std::max(kFirst, now.tv_nsec & ~1L)};  // None that the file had before.
        if (!set_time(*file, RecentChanges{*file}, next)) set_to_now(*file, modified, now);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): as said, best effort.
    }
}

void LateTouch::leave_behind() const {
    const pid_t child = ::fork();
    if (child > 0) ::waitpid(child, nullptr, 0);
    if (child != 0) return;
    if (::fork() != 0) ::_exit(0);
    ::setsid();
    ::close_range(0, ~0U, 0);  // Whoever reads our output to its end must not wait for this.
    sleep_until(due);
    perform();
    ::_exit(0);
}

}  // namespace relay
