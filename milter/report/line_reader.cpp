#include "milter/report/line_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"

namespace relay::report {
namespace {

using namespace std::chrono;

constexpr unsigned kBuffer = 1 << 18;

void refuse_other_compression(int file, const std::string& path) {
    std::array<char, 6> head{};
    const auto got = ::pread(file, head.data(), head.size(), 0);
    const std::string_view begin{head.data(), got < 0 ? 0 : static_cast<std::size_t>(got)};
    const auto refuse = [&](const char* how, const char* program) {
        throw Fault{Trouble::damaged, escaped(path) + ": is compressed by " + how + "; try: " + program + " " +
                                          escaped(path) + " | milter-relay report -"};
    };
    if (begin.starts_with("\xfd\67zXZ")) refuse("xz", "xzcat");
    if (begin.starts_with("\x28\xb5\x2f\xfd")) refuse("zstd", "zstdcat");
    if (begin.starts_with("BZh")) refuse("bzip2", "bzcat");
}

}  // namespace

void LineReader::Close::operator()(gzFile_s* file) const { gzclose(file); }

LineReader LineReader::open(const std::string& path) {
    Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (!file) throw system_fault(path, "open", errno);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) throw system_fault(path, "examine", errno);
    if (!S_ISREG(status.st_mode)) throw Fault{Trouble::system, escaped(path) + ": is no regular file; name a log, or - for standard input"};
    refuse_other_compression(file.get(), path);
    LineReader reader{std::move(file), path};
    reader.size_ = static_cast<std::uint64_t>(status.st_size);
    reader.last_write_ = sys_seconds{seconds{status.st_mtim.tv_sec}};
    return reader;
}

LineReader::LineReader(Descriptor input, std::string name)
    : name_{std::move(name)}, buffer_(kBuffer), last_write_{floor<seconds>(system_clock::now())} {
    // zlib closes what it was given
    const int own = ::dup(input.get());
    if (own < 0) throw system_fault(name_, "open", errno);
    file_.reset(gzdopen(own, "rb"));
    if (!file_) {
        ::close(own);
        throw system_fault(name_, "open", ENOMEM);
    }
    gzbuffer(file_.get(), kBuffer);
}

std::uint64_t LineReader::position() const {
    const auto offset = gzoffset(file_.get());
    return offset < 0 ? 0 : static_cast<std::uint64_t>(offset);
}

/// Behind what is left of the buffer, which moves to its begin. False at the end.
bool LineReader::fill() {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    const int got = gzread(file_.get(), buffer_.data() + end_, static_cast<unsigned>(buffer_.size() - end_));
    int error = Z_OK;
    const char* text = gzerror(file_.get(), &error);
    if (got < 0 || (got == 0 && error == Z_BUF_ERROR)) {
        const std::string why = error == Z_ERRNO       ? std::strerror(errno)
                                : error == Z_BUF_ERROR ? "the file is cut off"
                                                       : text;
        throw Fault{Trouble::damaged, escaped(name_) + ": read: " + escaped(why)};
    }
    end_ += static_cast<std::size_t>(got);
    return got > 0;
}

std::optional<std::string_view> LineReader::next() {
    for (;;) {
        const auto* from = buffer_.data() + begin_;
        const auto* newline = static_cast<const char*>(std::memchr(from, '\n', end_ - begin_));
        if (newline) {
            const auto size = static_cast<std::size_t>(newline - from);
            begin_ += size + 1;
            if (!skipping_ && size <= kLongestLine) return std::string_view{from, size};
            too_long_ += skipping_ ? 0 : 1;
            skipping_ = false;
        } else if (end_ - begin_ > kLongestLine) {
            too_long_ += skipping_ ? 0 : 1;
            skipping_ = true;
            begin_ = end_;
        } else if (!fill()) {
            const std::string_view rest{buffer_.data() + begin_, end_ - begin_};
            begin_ = end_;
            return rest.empty() || skipping_ ? std::nullopt : std::optional{rest};
        }
    }
}

}  // namespace relay::report
