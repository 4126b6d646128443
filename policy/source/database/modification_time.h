// Moves the modification time of a database on after a change, so that everybody who has it open sees the change.
//
// sendmail opens a map again when the whole seconds of the open file's time have grown since it opened it. A file that
// changes many times a second would run ahead of the clock; so its time stays at most a second ahead, and where that
// holds a change back, somebody owes the file one *late touch* when the second has come.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <optional>
#include <string>

#include "policy/source/database/locked_file.h"
#include "policy/source/database/recent_changes.h"

namespace relay {

struct NextTime {
    timespec at{};  ///< Later than the time before: by whole seconds, or by nanoseconds where that must wait.
    bool owed = false;  ///< A late touch, as soon as the clock has reached the second before `due`.
    std::time_t due = 0;
};

/// The time that a file of the time `previous` gets by a change at `now`. Odd nanoseconds in a second that has not yet
/// come say that a late touch is owed already.
NextTime next_time(timespec previous, timespec now);

/// The owed touch of one file. It is no loss to do it twice, or too late.
struct LateTouch {
    std::string path;
    std::time_t second = 0;  ///< Nothing is to be done when the file's time has left it.
    std::chrono::sys_seconds due;

    /// Waits at most 10 s for the lock. Best effort: the next change does it as well.
    void perform() const noexcept;
    /// In a process of its own that ends soon after `due` and holds nothing of this one open, nor becomes its child.
    /// Not for a process with threads.
    void leave_behind() const;
};

/// Under the exclusive lock, after its last write: moves the time on from `previous`, its time before the change,
/// and has `changes` speak for the new one. Best effort: only the owner of a file may choose its time. Returns the late
/// touch that nobody owes yet.
std::optional<LateTouch> move_time_on(const LockedFile& file, timespec previous, const RecentChanges& changes);

/// For a file that was replaced: nobody will touch it again, so that its time may run ahead.
void move_time_past(int descriptor, timespec previous);

}  // namespace relay
