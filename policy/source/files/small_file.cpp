#include "policy/source/files/small_file.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "policy/source/files/escaped.h"
#include "policy/source/files/existing_file.h"
#include "policy/source/files/fault.h"

namespace relay {
namespace {

FileStamp stamp_of(const Descriptor& file, const std::string& path) {
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) throw system_fault(path, "examine", errno);
    if (!S_ISREG(status.st_mode))
        throw Fault{Trouble::system, escaped(path) + ": is " + (S_ISDIR(status.st_mode) ? "a directory" : "no regular file") + "; a file is wanted"};
    return FileStamp{status};
}

}  // namespace

std::optional<SmallFile> read_small_file(const std::string& path, std::size_t largest) {
    const Descriptor file = open_existing(path, O_RDONLY);
    if (!file) return std::nullopt;
    SmallFile read{{}, stamp_of(file, path)};
    read.text.resize(std::min(largest, static_cast<std::size_t>(read.stamp.size)) + 1);
    std::size_t filled = 0;
    while (filled <= largest) {
        if (filled == read.text.size()) read.text.resize(std::min(largest + 1, 2 * filled));  // It has grown.
        const ssize_t got = ::read(file.get(), read.text.data() + filled, read.text.size() - filled);
        if (got == 0) break;
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw system_fault(path, "read", errno);
        filled += static_cast<std::size_t>(got);
    }
    if (filled > largest) throw Fault{Trouble::system, escaped(path) + ": is larger than " + std::to_string(largest) + " bytes; is it the right file?"};
    read.text.resize(filled);
    return read;
}

}  // namespace relay
