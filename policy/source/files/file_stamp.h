// Which bytes a path names, as far as stat(2) tells without reading them: to see that a file was replaced or rewritten.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <string>
#include <tuple>

namespace relay {

struct FileStamp {
    /// Longer than any tick of a kernel's clock (10 ms).
    static constexpr std::chrono::milliseconds kTick{20};

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
    /// A write after this stamp was taken gives another one. Two writes within a tick of the clock may not; but one that
    /// set the times by hand, as ours do, differs from the next, which sets both times to its own.
    [[nodiscard]] bool settled(std::chrono::system_clock::time_point now = std::chrono::system_clock::now()) const {
        using namespace std::chrono;
        return set_by_hand() || now.time_since_epoch() - seconds{changed.tv_sec} - nanoseconds{changed.tv_nsec} > kTick;
    }
    /// A write sets both times to the clock's.
    [[nodiscard]] bool set_by_hand() const { return modified.tv_sec != changed.tv_sec || modified.tv_nsec != changed.tv_nsec; }
    bool operator==(const FileStamp& other) const { return tie() == other.tie(); }

private:
    [[nodiscard]] std::tuple<dev_t, ino_t, off_t, time_t, long, time_t, long> tie() const {
        return {device, inode, size, modified.tv_sec, modified.tv_nsec, changed.tv_sec, changed.tv_nsec};
    }
};

/// `path` leads to the file that has this stamp, whatever is in it now.
inline bool names(const std::string& path, const FileStamp& stamp) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && FileStamp{status}.same_file(stamp);
}

}  // namespace relay
