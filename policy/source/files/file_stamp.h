// Which bytes a path names, as far as stat(2) tells without reading them: to see that a file was replaced or rewritten.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <tuple>

namespace relay {

struct FileStamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    timespec modified{};
    timespec changed{};

    FileStamp() = default;
    explicit FileStamp(const struct stat& status)
        : device{status.st_dev}, inode{status.st_ino}, size{status.st_size}, modified{status.st_mtim},
          changed{status.st_ctim} {}

    /// The same inode, whatever is in it.
    [[nodiscard]] bool same_file(const FileStamp& other) const {
        return device == other.device && inode == other.inode;
    }
    /// Long enough unchanged that a write after this one gives another stamp: two within a tick of the clock do not.
    [[nodiscard]] bool settled() const {
        using namespace std::chrono;
        const auto since_change = system_clock::now().time_since_epoch() - seconds{changed.tv_sec} - nanoseconds{changed.tv_nsec};
        return since_change > milliseconds{20};
    }
    bool operator==(const FileStamp& other) const { return tie() == other.tie(); }

private:
    [[nodiscard]] std::tuple<dev_t, ino_t, off_t, time_t, long, time_t, long> tie() const {
        return {device, inode, size, modified.tv_sec, modified.tv_nsec, changed.tv_sec, changed.tv_nsec};
    }
};

}  // namespace relay
