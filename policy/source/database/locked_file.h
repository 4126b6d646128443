// A file held under flock(2), as sendmail's maps and makemap hold theirs: the one place where databases are locked.
//
// The lock belongs to the open file description, so that closing other descriptors of the file (libdb's) keeps it;
// it ends with the object. One owner; movable.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "policy/source/files/descriptor.h"
#include "policy/source/files/file_stamp.h"

namespace relay {

enum class Lock { shared, exclusive };

class LockedFile {
public:
    /// Opens (shared: to read, exclusive: to write) and locks; the locked inode is the one that `path` names.
    /// Waits at most `wait`. Nothing when the file is missing from a directory that can be read; any other reason
    /// is thrown as Fault, a lock held by others with who holds it.
    static std::optional<LockedFile> open(const std::string& path, Lock lock, std::chrono::milliseconds wait);

    struct Attempt;
    /// The same without waiting, and without a Fault where another process holds the lock.
    static Attempt attempt(const std::string& path, Lock lock);

    /// Lets the lock go while the file stays open; lock_again() takes it on the same inode, whatever `path` names by then.
    void unlock();
    /// False when another process holds the lock.
    bool try_lock_again();
    /// Waits at most `wait`; throws Fault, with who holds the lock.
    void lock_again(std::chrono::milliseconds wait);
    /// From exclusive to shared: readers come in, writers do not. Throws Fault where one of them was faster all the same.
    void admit_readers() const;
    /// Locks a file that was just made, exclusively. Throws Fault where somebody else has locked it meanwhile.
    static LockedFile take(std::string path, Descriptor descriptor);

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] int descriptor() const { return descriptor_.get(); }
    /// As it is now; throws Fault.
    [[nodiscard]] FileStamp stamp() const;

private:
    LockedFile(std::string path, Descriptor descriptor, Lock lock)
        : path_{std::move(path)}, descriptor_{std::move(descriptor)}, lock_{lock} {}

    std::string path_;
    Descriptor descriptor_;
    Lock lock_;
};

struct LockedFile::Attempt {
    std::optional<LockedFile> file;  ///< Nothing when the file is missing, or locked.
    bool locked = false;             ///< By another process; or the file is just being replaced.
};

}  // namespace relay
