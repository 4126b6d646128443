#include "policy/source/files/existing_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"

namespace relay {
namespace {

/// After open(2) said ENOENT: false when the file has come since.
bool is_missing(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0) {
        if (!S_ISLNK(status.st_mode)) return false;
        throw Fault{Trouble::system, escaped(path) + ": is a symbolic link to a file that does not exist; mend or remove it"};
    }
    std::string directory = std::filesystem::path{path}.parent_path();
    if (directory.empty()) directory.push_back('.');
    const Descriptor opened{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!opened) throw system_fault(path, "look into its directory", errno);
    return true;
}

}  // namespace

Descriptor open_existing(const std::string& path, int access) {
    for (;;) {
        // O_NONBLOCK: a FIFO in the file's place must not stop us.
        Descriptor file{::open(path.c_str(), access | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
        if (file) return file;
        if (errno != ENOENT) throw system_fault(path, "open", errno);
        if (is_missing(path)) return file;
    }
}

}  // namespace relay
