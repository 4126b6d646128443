#include "tests/crash/boundary.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>

namespace relay::crash {
namespace {

constexpr std::size_t kPageSize = 4096;

long number(const char* name) {
    const char* text = std::getenv(name);
    return text ? std::atol(text) : 0;
}

int kernel_open(const char* path, int flags) {
    return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0600));
}

struct Plan {
    std::string root = std::getenv(kRoot) ? std::getenv(kRoot) : "";
    long kill_at = number(kKillAt);
    long fail_at = number(kFailAt);
    int error = static_cast<int>(number(kError));
    bool short_write = number(kShort) != 0;
    bool lasting = number(kLasting) != 0;
    int trace = -1;
    std::atomic<long> boundary = 0;

    Plan() {
        if (const char* path = std::getenv(kTrace))
            trace = kernel_open(path, O_WRONLY | O_CREAT | O_APPEND);
    }
    [[nodiscard]] bool fails(long here, Kind kind) const {
        const bool its_turn = fail_at != 0 && (here == fail_at || (lasting && here > fail_at));
        return its_turn && kind != Kind::say && (error != ENOSPC || takes_room(kind));
    }
    /// How much of a write is made where it is cut short; when the rest fails, too, the disk is left with whole pages.
    [[nodiscard]] std::size_t short_part(long here, Kind kind, std::size_t length) const {
        if (!short_write || here != fail_at || kind != Kind::write) return 0;
        return lasting ? length / 2 / kPageSize * kPageSize : length / 2;
    }
};

/// Made at the first use: other libraries open files before this one is initialised.
Plan& plan() {
    static Plan the_plan;
    return the_plan;
}

/// What a call that never came to be looks like to its caller.
class KeepErrno {
public:
    KeepErrno() = default;
    KeepErrno(const KeepErrno&) = delete;
    KeepErrno& operator=(const KeepErrno&) = delete;
    ~KeepErrno() { errno = saved_; }

private:
    int saved_ = errno;
};

std::string descriptor_link(int descriptor) {
    return "/proc/self/fd/" + std::to_string(descriptor);
}

std::string path_of(int descriptor) {
    char path[PATH_MAX];
    const long length = ::syscall(SYS_readlink, descriptor_link(descriptor).c_str(), path, sizeof path);
    return length > 0 ? std::string(path, static_cast<std::size_t>(length)) : std::string{};
}

std::string current_directory() {
    char path[PATH_MAX] = "";
    ::syscall(SYS_getcwd, path, sizeof path);
    return path;
}

std::optional<std::string> below_root(const std::string& path) {
    const std::string& root = plan().root;
    if (root.empty() || !path.starts_with(root)) return std::nullopt;
    if (path.size() == root.size()) return ".";
    if (path[root.size()] != '/') return std::nullopt;
    return path.substr(root.size() + 1);
}

struct stat status_of(int directory, const char* name, int flags) {
    struct stat status {};
    ::syscall(SYS_newfstatat, directory, name, &status, flags);
    return status;
}

void record(const Operation& operation) {
    if (plan().trace < 0) return;
    const std::string text = encode(operation);
    ::syscall(SYS_write, plan().trace, text.data(), text.size());
}

}  // namespace

std::optional<std::string> watched(int descriptor) {
    const KeepErrno keep;
    return below_root(path_of(descriptor));
}

std::optional<std::string> watched(int directory, const char* name) {
    const KeepErrno keep;
    if (name[0] == '/') return below_root(name);
    std::string path = directory == AT_FDCWD ? current_directory() : path_of(directory);
    return below_root(path.append("/").append(name));
}

bool exists(int directory, const char* name) {
    const KeepErrno keep;
    return status_of(directory, name, 0).st_nlink != 0;
}

std::uint64_t inode_of(int descriptor) {
    return status_of(descriptor, "", AT_EMPTY_PATH).st_ino;
}

std::uint64_t inode_of(int directory, const char* name) {
    return status_of(directory, name, name[0] == '\0' ? AT_EMPTY_PATH : 0).st_ino;
}

std::uint64_t size_of(int descriptor) {
    return static_cast<std::uint64_t>(status_of(descriptor, "", AT_EMPTY_PATH).st_size);
}

std::string bytes_at(int descriptor, std::uint64_t offset, std::size_t length) {
    std::string bytes(length, '\0');
    const int reader = kernel_open(descriptor_link(descriptor).c_str(), O_RDONLY);
    ::syscall(SYS_pread64, reader, bytes.data(), length, offset);
    ::syscall(SYS_close, reader);
    return bytes;
}

long at_boundary(Operation operation, std::size_t length, const std::function<long(std::size_t)>& call,
                 const std::function<void(Operation&, long)>& complete) {
    const long here = ++plan().boundary;
    if (here == plan().kill_at) ::syscall(SYS_kill, ::syscall(SYS_getpid), SIGKILL);
    const bool fails = plan().fails(here, operation.kind);
    const std::size_t part = plan().short_part(here, operation.kind, length);
    if (fails && part == 0) errno = plan().error;
    const long result = fails && part == 0 ? -1 : call(part != 0 ? part : length);
    const KeepErrno keep;
    operation.error = result < 0 ? errno : 0;
    if (result >= 0 && plan().trace >= 0) complete(operation, result);
    record(operation);
    return result;
}

}  // namespace relay::crash
