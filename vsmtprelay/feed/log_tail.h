// One open log file and how far its lines have been taken. What is behind the last line break is not taken yet, so that
// a line may arrive in pieces. One owner.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "policy/source/files/descriptor.h"

namespace relay {

/// Where the reading of a file stands. `before` are the up to 64 bytes before `offset`: they tell the file from another
/// one in its place, and find it again under another name.
struct FilePosition {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t offset = 0;
    std::string before;
    std::chrono::sys_seconds at{};  ///< When all was read that was there.
};

class LogTail {
public:
    using Take = std::function<void(std::string_view line)>;

    /// From its beginning, or from where `from` stands. Nothing when it is missing; throws Fault for any other reason.
    static std::optional<LogTail> open(const std::string& path);
    static std::optional<LogTail> open(const std::string& path, const FilePosition& from);

    /// Takes the next complete lines, up to 256 KiB; false when there are none. A line that is longer is left out.
    /// Throws Fault.
    bool read(const Take& take);

    /// False when the file was cut short, or other bytes stand where the last lines were read.
    [[nodiscard]] bool continues() const;
    /// The same inode that the path of this status has.
    [[nodiscard]] bool is(std::uint64_t device, std::uint64_t inode) const;
    [[nodiscard]] const FilePosition& position() const { return position_; }
    /// From the beginning again.
    void restart();

private:
    LogTail(std::string path, Descriptor file, FilePosition position);
    [[nodiscard]] bool changed();
    void advance(std::string_view bytes);

    std::string path_;
    Descriptor file_;
    FilePosition position_;
    std::uint64_t seen_size_ = 0;
    bool in_long_line_ = false;
};

}  // namespace relay
