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

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] int descriptor() const { return descriptor_.get(); }
    /// As it is now; throws Fault.
    [[nodiscard]] FileStamp stamp() const;

private:
    LockedFile(std::string path, Descriptor descriptor)
        : path_{std::move(path)}, descriptor_{std::move(descriptor)} {}

    std::string path_;
    Descriptor descriptor_;
};

}  // namespace relay
