#include "policy/source/database/page_io.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "policy/source/files/fault.h"

namespace relay {
namespace {

constexpr std::uint64_t kEntries = 88;  // HMETA.nelem in dbinc/db_page.h

/// How much was written; less than all where errno tells why.
std::size_t written(int descriptor, std::uint64_t offset, Bytes bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t wrote = ::pwrite(descriptor, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote == 0) errno = EIO;
        if (wrote <= 0) break;
        done += static_cast<std::size_t>(wrote);
    }
    return done;
}

}  // namespace

std::size_t read_at(int descriptor, const std::string& path, std::uint64_t offset, std::span<std::byte> into) {
    std::size_t filled = 0;
    while (filled < into.size()) {
        const ssize_t got = ::pread(descriptor, into.data() + filled, into.size() - filled, static_cast<off_t>(offset + filled));
        if (got == 0) break;
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw system_fault(path, "read", errno);
        filled += static_cast<std::size_t>(got);
    }
    return filled;
}

void write_at(const LockedFile& file, std::uint64_t offset, Bytes bytes, Bytes before) {
    const std::size_t done = written(file.descriptor(), offset, bytes);
    if (done == bytes.size()) return;
    const int error = errno;
    written(file.descriptor(), offset, before.first(std::min(done, before.size())));
    throw system_fault(file.path(), "write", error);
}

void write_entries(const LockedFile& file, std::int64_t entries) {
    const auto number = static_cast<std::uint32_t>(std::clamp<std::int64_t>(entries, 0, std::numeric_limits<std::int32_t>::max()));
    write_at(file, kEntries, std::as_bytes(std::span{&number, 1}));
}

void sync_bytes(const LockedFile& file) {
    if (::fdatasync(file.descriptor()) != 0) throw system_fault(file.path(), "write to disk", errno);
}

}  // namespace relay
