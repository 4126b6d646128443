#include "policy/source/database/lock_holder.h"

#include <sys/sysmacros.h>

#include <cstdio>
#include <fstream>

#include "policy/source/files/escaped.h"

namespace relay {
namespace {

/// One line of proc_locks(5): "1: FLOCK  ADVISORY  WRITE 1234 fd:01:262145 0 EOF"; 0 when it is not a lock on `stamp`.
long holder_in(const std::string& line, const FileStamp& stamp) {
    long process = 0;
    unsigned device_major = 0;
    unsigned device_minor = 0;
    unsigned long inode = 0;
    if (std::sscanf(line.c_str(), "%*s FLOCK %*s %*s %ld %x:%x:%lu", &process, &device_major, &device_minor, &inode) != 4)
        return 0;
    const bool same = inode == stamp.inode && device_major == major(stamp.device) && device_minor == minor(stamp.device);
    return same ? process : 0;
}

}  // namespace

std::string lock_holder(const FileStamp& stamp) {
    std::ifstream locks{"/proc/locks"};
    for (std::string line; std::getline(locks, line);) {
        const long process = holder_in(line, stamp);
        if (process <= 0) continue;
        std::ifstream comm{"/proc/" + std::to_string(process) + "/comm"};
        std::string name;
        std::getline(comm, name);
        return "process " + std::to_string(process) + (name.empty() ? "" : " (" + escaped(name) + ")");
    }
    return "another process";
}

}  // namespace relay
