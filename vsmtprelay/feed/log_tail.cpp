#include "vsmtprelay/feed/log_tail.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "policy/source/files/escaped.h"
#include "policy/source/files/existing_file.h"
#include "policy/source/files/fault.h"

namespace relay {
namespace {

constexpr std::size_t kChunk = std::size_t{256} << 10;
constexpr std::size_t kKept = 64;

/// Fewer bytes only at the end of the file.
std::string bytes_at(const Descriptor& file, std::uint64_t offset, std::size_t size, const std::string& path) {
    std::string bytes(size, '\0');
    ssize_t got = 0;
    do got = ::pread(file.get(), bytes.data(), size, static_cast<off_t>(offset));
    while (got < 0 && errno == EINTR);
    if (got < 0) throw system_fault(path, "read", errno);
    bytes.resize(static_cast<std::size_t>(got));
    return bytes;
}

}  // namespace

LogTail::LogTail(std::string path, Descriptor file, FilePosition position)
    : path_{std::move(path)}, file_{std::move(file)}, position_{std::move(position)} {}

std::optional<LogTail> LogTail::open(const std::string& path, const FilePosition& from) {
    Descriptor file = open_existing(path, O_RDONLY);
    if (!file) return std::nullopt;
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) throw system_fault(path, "examine", errno);
    if (!S_ISREG(status.st_mode)) throw Fault{Trouble::system, escaped(path) + ": is no regular file"};
    return LogTail{path, std::move(file), {status.st_dev, status.st_ino, from.offset, from.before, from.at}};
}

std::optional<LogTail> LogTail::open(const std::string& path) {
    return open(path, {});
}

bool LogTail::changed() {
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0) throw system_fault(path_, "examine", errno);
    return seen_size_ != std::exchange(seen_size_, static_cast<std::uint64_t>(status.st_size));
}

bool LogTail::read(const Take& take) {
    if (!changed() && seen_size_ == position_.offset) return false;
    const std::string chunk = bytes_at(file_, position_.offset, kChunk, path_);
    const std::size_t end = chunk.rfind('\n');
    if (end == std::string::npos) {
        if (chunk.size() < kChunk) return false;
        in_long_line_ = true;
        advance(chunk);
        return true;
    }
    std::string_view lines = std::string_view{chunk}.substr(0, end + 1);
    advance(lines);
    while (!lines.empty()) {
        const std::size_t size = lines.find('\n');
        if (!std::exchange(in_long_line_, false)) take(lines.substr(0, size));
        lines.remove_prefix(size + 1);
    }
    return true;
}

void LogTail::advance(std::string_view bytes) {
    position_.offset += bytes.size();
    position_.before.append(bytes.substr(bytes.size() - std::min(bytes.size(), kKept)));
    position_.before.erase(0, position_.before.size() - std::min(position_.before.size(), kKept));
}

bool LogTail::continues() const {
    const std::string& before = position_.before;
    if (position_.offset < before.size()) return false;
    return bytes_at(file_, position_.offset - before.size(), before.size(), path_) == before;
}

bool LogTail::is(std::uint64_t device, std::uint64_t inode) const {
    return position_.device == device && position_.inode == inode;
}

void LogTail::restart() {
    position_.offset = 0;
    position_.before.clear();
    seen_size_ = 0;
    in_long_line_ = false;
}

}  // namespace relay
