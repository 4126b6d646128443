#include "policy/source/files/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "policy/source/files/descriptor.h"
#include "policy/source/files/fault.h"

namespace relay {
namespace {

void write_all(const Descriptor& file, const std::string& path, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) throw system_fault(path, "write", errno);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

void sync_directory_of(const std::string& path) {
    const std::string parent = std::filesystem::path{path}.parent_path().string();
    const std::string directory = parent.empty() ? "." : parent;
    const Descriptor opened{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!opened || ::fsync(opened.get()) != 0) throw system_fault(directory, "sync", errno);
}

}  // namespace

void replace_file(const std::string& path, std::string_view bytes) {
    const std::string temporary = path + ".new";
    ::unlink(temporary.c_str());  // O_EXCL: never through a link that someone put there.
    const Descriptor file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (!file) throw system_fault(temporary, "create", errno);
    try {
        write_all(file, temporary, bytes);
        if (::fsync(file.get()) != 0) throw system_fault(temporary, "sync", errno);
        if (::rename(temporary.c_str(), path.c_str()) != 0) throw system_fault(path, "replace", errno);
    } catch (const Fault&) {
        ::unlink(temporary.c_str());
        throw;
    }
    sync_directory_of(path);
}

}  // namespace relay
