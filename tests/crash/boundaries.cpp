// Preloaded (LD_PRELOAD) into a program: the calls of libc by which files and directories change, each a boundary.
//
// What it can not see: writes that libc makes for itself (stdio) and memory maps. Trial replays each trace and compares
// it with the directory, byte for byte, so that a program that begins to use one of them is found out.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <string>

#include "tests/crash/boundary.h"

using namespace relay::crash;

namespace {

using Call = std::function<long(std::size_t)>;

/// An operation on the file of `descriptor`; `complete` fills in what the call made of it.
long on_file(Kind kind, int descriptor, std::size_t length, const Call& call,
             const std::function<void(Operation&, long)>& complete = [](Operation&, long) {}) {
    const auto name = watched(descriptor);
    if (!name) return call(length);
    return at_boundary({kind, 0, inode_of(descriptor), 0, *name, {}, {}}, length, call, complete);
}

long change(Kind kind, int descriptor, const Call& call) {
    return on_file(kind, descriptor, 0, call);
}

/// `offset` < 0: at the file's own position, which the call moves.
long write_at(int descriptor, std::int64_t offset, std::size_t length, const Call& call) {
    return on_file(Kind::write, descriptor, length, call, [=](Operation& operation, long written) {
        const long position = offset < 0 ? ::syscall(SYS_lseek, descriptor, 0, SEEK_CUR) - written : offset;
        operation.value = static_cast<std::uint64_t>(position);
        operation.bytes = bytes_at(descriptor, operation.value, static_cast<std::size_t>(written));
    });
}

long resize(int descriptor, const Call& call) {
    return on_file(Kind::resize, descriptor, 0, call,
                   [=](Operation& operation, long) { operation.value = size_of(descriptor); });
}

/// `name` as it was passed: links in its directories are not followed, so that tests use real names.
long on_name(Kind kind, int directory, const char* name, int new_directory, const char* new_name, const Call& call) {
    const auto old_one = watched(directory, name);
    const auto new_one = new_name ? watched(new_directory, new_name) : std::nullopt;
    if (!old_one && !new_one) return call(0);
    const std::uint64_t inode = inode_of(directory, name);
    return at_boundary({kind, 0, inode, 0, old_one.value_or(""), new_one.value_or(""), {}}, 0, call,
                       [](Operation&, long) {});
}

int sync(int descriptor, long system_call) {
    struct stat status {};
    ::fstat(descriptor, &status);
    const Kind kind = S_ISDIR(status.st_mode) ? Kind::sync_directory : Kind::sync;
    return static_cast<int>(change(kind, descriptor, [=](auto) { return ::syscall(system_call, descriptor); }));
}

long make_file(const std::string& name, bool nameless, const Call& call) {
    return at_boundary({Kind::create, 0, 0, 0, nameless ? "" : name, {}, {}}, 0, call,
                       [](Operation& operation, long descriptor) {
                           struct stat status {};
                           ::fstat(static_cast<int>(descriptor), &status);
                           operation.inode = status.st_ino;
                           operation.value = status.st_mode & 07777;
                       });
}

int open_at(int directory, const char* path, int flags, mode_t mode) {
    const Call call = [=](auto) { return ::syscall(SYS_openat, directory, path, flags, mode); };
    const auto name = watched(directory, path);
    const bool nameless = (flags & O_TMPFILE) == O_TMPFILE;
    if (!name || (flags & (O_CREAT | O_TRUNC | O_TMPFILE)) == 0) return static_cast<int>(call(0));
    if (nameless || ((flags & O_CREAT) != 0 && !exists(directory, path)))
        return static_cast<int>(make_file(*name, nameless, call));
    if ((flags & O_TRUNC) == 0) return static_cast<int>(call(0));
    return static_cast<int>(at_boundary({Kind::resize, 0, inode_of(directory, path), 0, *name, {}, {}}, 0, call,
                                        [](Operation&, long) {}));
}

mode_t mode_of(int flags, va_list arguments) {
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

int open_temporary(char* pattern, int suffix, int flags) {
    static constexpr char kLetters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    char* const place = pattern + std::strlen(pattern) - suffix - 6;
    for (int tries = 0; tries < 100; ++tries) {
        for (int i = 0; i < 6; ++i) place[i] = kLetters[static_cast<std::size_t>(::arc4random_uniform(36))];
        const int descriptor = open_at(AT_FDCWD, pattern, flags | O_RDWR | O_CREAT | O_EXCL, 0600);
        if (descriptor >= 0 || errno != EEXIST) return descriptor;
    }
    return -1;
}

}  // namespace

#define OPEN_AT(directory, path, flags)                     \
    va_list arguments;                                      \
    va_start(arguments, flags);                             \
    const mode_t mode = mode_of(flags, arguments);          \
    va_end(arguments);                                      \
    return open_at(directory, path, flags, mode)

extern "C" {

int open(const char* path, int flags, ...) { OPEN_AT(AT_FDCWD, path, flags); }
int open64(const char* path, int flags, ...) { OPEN_AT(AT_FDCWD, path, flags); }
int openat(int directory, const char* path, int flags, ...) { OPEN_AT(directory, path, flags); }
int openat64(int directory, const char* path, int flags, ...) { OPEN_AT(directory, path, flags); }
int creat(const char* path, mode_t mode) { return open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode); }
int creat64(const char* path, mode_t mode) { return creat(path, mode); }
int mkstemp(char* pattern) { return open_temporary(pattern, 0, 0); }
int mkstemp64(char* pattern) { return open_temporary(pattern, 0, 0); }
int mkostemp(char* pattern, int flags) { return open_temporary(pattern, 0, flags); }
int mkostemp64(char* pattern, int flags) { return open_temporary(pattern, 0, flags); }
int mkostemps(char* pattern, int suffix, int flags) { return open_temporary(pattern, suffix, flags); }
int mkstemps(char* pattern, int suffix) { return open_temporary(pattern, suffix, 0); }

ssize_t write(int descriptor, const void* bytes, size_t length) {
    const Call call = [=](size_t most) { return ::syscall(SYS_write, descriptor, bytes, most); };
    if (descriptor != STDOUT_FILENO) return write_at(descriptor, -1, length, call);
    const std::string said{static_cast<const char*>(bytes), length};
    return at_boundary({Kind::say, 0, 0, 0, {}, {}, said}, length, call, [](Operation&, long) {});
}
ssize_t pwrite(int descriptor, const void* bytes, size_t length, off_t offset) {
    return write_at(descriptor, offset, length,
                    [=](size_t most) { return ::syscall(SYS_pwrite64, descriptor, bytes, most, offset); });
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t length, off_t offset) {
    return pwrite(descriptor, bytes, length, offset);
}
ssize_t writev(int descriptor, const iovec* parts, int count) {
    return write_at(descriptor, -1, 0, [=](auto) { return ::syscall(SYS_writev, descriptor, parts, count); });
}
ssize_t pwritev(int descriptor, const iovec* parts, int count, off_t offset) {
    return write_at(descriptor, offset, 0,
                    [=](auto) { return ::syscall(SYS_pwritev, descriptor, parts, count, offset, 0L); });
}
ssize_t pwritev64(int descriptor, const iovec* parts, int count, off_t offset) {
    return pwritev(descriptor, parts, count, offset);
}
ssize_t sendfile(int to, int from, off_t* offset, size_t length) noexcept {
    return write_at(to, -1, length, [=](size_t most) { return ::syscall(SYS_sendfile, to, from, offset, most); });
}
ssize_t sendfile64(int to, int from, off_t* offset, size_t length) noexcept {
    return sendfile(to, from, offset, length);
}
ssize_t copy_file_range(int from, off_t* from_offset, int to, off_t* to_offset, size_t length, unsigned flags) {
    return write_at(to, to_offset ? *to_offset : -1, length, [=](size_t most) {
        return ::syscall(SYS_copy_file_range, from, from_offset, to, to_offset, most, flags);
    });
}

int ftruncate(int descriptor, off_t length) noexcept {
    return static_cast<int>(resize(descriptor, [=](auto) { return ::syscall(SYS_ftruncate, descriptor, length); }));
}
int ftruncate64(int descriptor, off_t length) noexcept { return ftruncate(descriptor, length); }
int fallocate(int descriptor, int mode, off_t offset, off_t length) {
    return static_cast<int>(
        resize(descriptor, [=](auto) { return ::syscall(SYS_fallocate, descriptor, mode, offset, length); }));
}
int fallocate64(int descriptor, int mode, off_t offset, off_t length) {
    return fallocate(descriptor, mode, offset, length);
}
int posix_fallocate(int descriptor, off_t offset, off_t length) {
    const int saved = errno;
    const int error = fallocate(descriptor, 0, offset, length) == 0 ? 0 : errno;
    errno = saved;
    return error;
}
int posix_fallocate64(int descriptor, off_t offset, off_t length) {
    return posix_fallocate(descriptor, offset, length);
}

int fsync(int descriptor) { return sync(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return sync(descriptor, SYS_fdatasync); }

int renameat2(int directory, const char* name, int new_directory, const char* new_name, unsigned flags) noexcept {
    return static_cast<int>(on_name(Kind::rename, directory, name, new_directory, new_name, [=](auto) {
        return ::syscall(SYS_renameat2, directory, name, new_directory, new_name, flags);
    }));
}
int renameat(int directory, const char* name, int new_directory, const char* new_name) noexcept {
    return renameat2(directory, name, new_directory, new_name, 0);
}
int rename(const char* name, const char* new_name) noexcept {
    return renameat2(AT_FDCWD, name, AT_FDCWD, new_name, 0);
}
int linkat(int directory, const char* name, int new_directory, const char* new_name, int flags) noexcept {
    return static_cast<int>(on_name(Kind::link, directory, name, new_directory, new_name, [=](auto) {
        return ::syscall(SYS_linkat, directory, name, new_directory, new_name, flags);
    }));
}
int link(const char* name, const char* new_name) noexcept { return linkat(AT_FDCWD, name, AT_FDCWD, new_name, 0); }
int unlinkat(int directory, const char* name, int flags) noexcept {
    return static_cast<int>(on_name(Kind::unlink, directory, name, -1, nullptr,
                                    [=](auto) { return ::syscall(SYS_unlinkat, directory, name, flags); }));
}
int unlink(const char* name) noexcept { return unlinkat(AT_FDCWD, name, 0); }
int remove(const char* name) noexcept { return unlinkat(AT_FDCWD, name, 0); }

int fchmod(int descriptor, mode_t mode) noexcept {
    return static_cast<int>(on_file(
        Kind::mode, descriptor, 0, [=](auto) { return ::syscall(SYS_fchmod, descriptor, mode); },
        [=](Operation& operation, long) { operation.value = mode; }));
}
int fchown(int descriptor, uid_t owner, gid_t group) noexcept {
    return static_cast<int>(
        change(Kind::owner, descriptor, [=](auto) { return ::syscall(SYS_fchown, descriptor, owner, group); }));
}
int futimens(int descriptor, const timespec* times) noexcept {
    return static_cast<int>(change(
        Kind::touch, descriptor, [=](auto) { return ::syscall(SYS_utimensat, descriptor, nullptr, times, 0); }));
}
int utimensat(int directory, const char* name, const timespec* times, int flags) noexcept {
    return static_cast<int>(on_name(Kind::touch, directory, name, -1, nullptr, [=](auto) {
        return ::syscall(SYS_utimensat, directory, name, times, flags);
    }));
}
int fsetxattr(int descriptor, const char* name, const void* bytes, size_t length, int flags) noexcept {
    return static_cast<int>(change(Kind::attribute, descriptor, [=](auto) {
        return ::syscall(SYS_fsetxattr, descriptor, name, bytes, length, flags);
    }));
}

}  // extern "C"
