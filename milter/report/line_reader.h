// The lines of a log, one after another: a file, compressed by gzip or not, or a pipe. Memory is bounded
// whatever is in it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/source/files/descriptor.h"

struct gzFile_s;

namespace relay::report {

class LineReader {
public:
    /// The longest line that is read; the rest of a longer one is passed over, and it is no line.
    static constexpr std::size_t kLongestLine = 16384;

    /// Throws Fault when the file cannot be opened, is no regular file, or is compressed by something else than gzip.
    static LineReader open(const std::string& path);
    /// Takes the descriptor, of a pipe or of standard input. `name` is for messages.
    LineReader(Descriptor input, std::string name);

    /// Without its line end, good until the next call; nothing at the end. Throws Fault where reading fails, as at a
    /// damaged or cut gzip file.
    std::optional<std::string_view> next();

    [[nodiscard]] std::uint64_t too_long() const { return too_long_; }
    /// Of the file, or now.
    [[nodiscard]] std::chrono::sys_seconds last_write() const { return last_write_; }
    [[nodiscard]] std::uint64_t size() const { return size_; }  ///< Bytes; 0 for a pipe.
    [[nodiscard]] std::uint64_t position() const;               ///< How much of size() has been read.

private:
    struct Close {
        void operator()(gzFile_s* file) const;
    };

    bool fill();

    std::string name_;
    std::unique_ptr<gzFile_s, Close> file_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0, end_ = 0;  ///< What of buffer_ has not been handed out.
    bool skipping_ = false;            ///< Inside a line that is too long.
    std::uint64_t too_long_ = 0, size_ = 0;
    std::chrono::sys_seconds last_write_;
};

}  // namespace relay::report
