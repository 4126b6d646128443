// A log file by its name, through rotation: a renamed file is read to its end before the new one, a copy that was
// truncated (logrotate's copytruncate) from its copy, and after a restart it goes on where it stood.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "vsmtprelay/feed/log_tail.h"

namespace relay {

class FollowedFile {
public:
    using Say = std::function<void(const std::string&)>;

    /// `saved`: where an earlier run stood; empty: from the beginning. `say` hears of lines that cannot be found again.
    FollowedFile(std::string path, const std::vector<FilePosition>& saved, Say say);

    /// Takes the next lines, 256 KiB at most; false when there are none. Throws Fault.
    bool read(const LogTail::Take& take, std::chrono::sys_seconds now);

    [[nodiscard]] const std::string& path() const { return path_; }
    /// Of the file itself, and of earlier ones that may still grow. Oldest first.
    [[nodiscard]] std::vector<FilePosition> positions() const;

private:
    struct Tail {
        LogTail file;
        std::chrono::sys_seconds grew;  ///< When it was last seen to.
    };

    void resume(const FilePosition& saved);
    void look_for_rotation(std::chrono::sys_seconds now);
    void read_truncated(std::chrono::sys_seconds now);
    void add_rotated(std::chrono::sys_seconds since, std::chrono::sys_seconds now);
    [[nodiscard]] std::optional<LogTail> find(const FilePosition& wanted, bool same_file) const;
    [[nodiscard]] bool is_current(const LogTail& file) const;

    std::string path_;
    Say say_;
    std::vector<Tail> tails_;  ///< Oldest first; the last one is the file of this name where has_current_.
    bool has_current_ = false;
    std::chrono::sys_seconds looked_{};  ///< When all was read that was there.
};

}  // namespace relay
