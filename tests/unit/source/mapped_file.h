// Changes a file without a change of its stamp, as two writes within a tick of the clock do.
//
// The kernel sets a file's times when a mapped page is first written to, and not again until it has been written back.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>

#include <stdexcept>
#include <string>

#include "policy/source/files/descriptor.h"
#include "policy/source/files/file_stamp.h"

namespace relay {

inline FileStamp stamp_of(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) throw std::runtime_error{"stat " + path};
    return FileStamp{status};
}

class MappedFile {
public:
    explicit MappedFile(const std::string& path) : file_{::open(path.c_str(), O_RDWR)}, size_{static_cast<std::size_t>(stamp_of(path).size)} {
        void* mapped = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
        if (mapped == MAP_FAILED) throw std::runtime_error{"mmap " + path};
        bytes_ = static_cast<char*>(mapped);
    }
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    ~MappedFile() { ::munmap(bytes_, size_); }

    /// Gives the file a new stamp, the last one that writes through this mapping give it for seconds.
    void touch() {
        for (std::size_t at = 0; at < size_; at += 4096) *const_cast<volatile char*>(bytes_ + at) = bytes_[at];
    }
    [[nodiscard]] std::string_view text() const { return {bytes_, size_}; }
    /// Replaces the first `old_text` by as many bytes.
    void replace(std::string_view old_text, std::string_view new_text) {
        const auto at = text().find(old_text);
        if (at == std::string_view::npos || old_text.size() != new_text.size()) throw std::logic_error{"MappedFile::replace"};
        new_text.copy(bytes_ + at, new_text.size());
    }

private:
    Descriptor file_;
    std::size_t size_;
    char* bytes_ = nullptr;
};

/// Runs `attempt`, which returns false when the machine was too slow for it to say anything, until it says something.
template <class Attempt>
bool within_a_tick(Attempt attempt) {
    for (int tries = 0; tries < 200; ++tries)
        if (attempt()) return true;
    return false;
}

}  // namespace relay
