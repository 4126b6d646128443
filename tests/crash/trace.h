// What a process did to the files of one directory tree, in its order: boundaries.cpp writes it, Disk replays it.
//
// A boundary is one call that changes or syncs a file or a directory entry; boundaries count from 1. Names are relative
// to the tree. Both sides are built together, so the layout on disk is this machine's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace relay::crash {

enum class Kind : std::uint32_t {
    create,          ///< A new file `name` (empty: without a name, O_TMPFILE), mode `value`.
    write,           ///< `bytes` at `value`.
    resize,          ///< The size is `value` now.
    sync,            ///< fsync or fdatasync of a file.
    sync_directory,  ///< fsync of the directory `name`.
    rename,          ///< `name` became `target`.
    link,            ///< `target` is a name of the file, too.
    unlink,          ///< `name` is gone.
    mode,            ///< The file's mode is `value` now.
    owner,
    touch,           ///< The times of the file.
    attribute,       ///< Extended attributes (ACL, SELinux label).
    say,             ///< `bytes` on standard output: an acknowledgement.
};

struct Operation {
    Kind kind;
    std::int32_t error = 0;  ///< errno of a call that failed: nothing changed.
    std::uint64_t inode = 0;
    std::uint64_t value = 0;
    std::string name;
    std::string target;
    std::string bytes;
};

/// A full disk stops only what takes room; a broken one stops anything.
constexpr bool takes_room(Kind kind) {
    switch (kind) {
        case Kind::create:
        case Kind::write:
        case Kind::resize:
        case Kind::sync:
        case Kind::sync_directory:
        case Kind::rename:
        case Kind::link:
        case Kind::attribute: return true;
        case Kind::unlink:
        case Kind::mode:
        case Kind::owner:
        case Kind::touch:
        case Kind::say: return false;
    }
    return false;
}

/// The environment of a process that boundaries.cpp is preloaded into.
inline constexpr const char* kRoot = "CRASH_ROOT";        ///< The tree that is watched, absolute, without links.
inline constexpr const char* kTrace = "CRASH_TRACE";      ///< Where the operations are recorded.
inline constexpr const char* kKillAt = "CRASH_KILL_AT";   ///< SIGKILL before this boundary.
inline constexpr const char* kFailAt = "CRASH_FAIL_AT";   ///< This boundary fails ...
inline constexpr const char* kError = "CRASH_ERROR";      ///< ... with this errno (a number) ...
inline constexpr const char* kShort = "CRASH_SHORT";      ///< ... if a write, having written its first half ...
inline constexpr const char* kLasting = "CRASH_LASTING";  ///< ... and all later ones fail, too.

std::string encode(const Operation& operation);
/// Throws std::runtime_error when the file cannot be read or ends within an operation.
std::vector<Operation> read_trace(const std::string& path);

}  // namespace relay::crash
