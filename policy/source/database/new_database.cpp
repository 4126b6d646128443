#include "policy/source/database/new_database.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstdio>

#include "policy/source/database/database.h"
#include "policy/source/database/replacement.h"
#include "policy/source/files/fault.h"

namespace relay {
namespace {

constexpr std::chrono::seconds kWait{10};

bool exists(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0;
}

/// Locked as long as its maker lives: a leftover of a dead one is not.
std::optional<LockedFile> make_first(const std::string& name) {
    Descriptor made{::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
    if (!made && errno != EEXIST) throw system_fault(name, "make a new file in its directory", errno);
    if (!made) {
        if (const auto dead = LockedFile::open(name, Lock::exclusive, kWait)) ::unlink(name.c_str());
        return std::nullopt;
    }
    // Between the last call and this one somebody can have taken ours for dead.
    return LockedFile::open(name, Lock::exclusive, kWait);
}

/// False where somebody else was faster.
bool take_name(const std::string& name, const std::string& path) {
    if (::renameat2(AT_FDCWD, name.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) == 0) return true;
    const bool unknown_here = errno == EINVAL || errno == ENOSYS;  // As on NFS.
    if (unknown_here && ::link(name.c_str(), path.c_str()) == 0) return ::unlink(name.c_str()), true;
    if (errno != EEXIST) throw system_fault(path, "create", errno);
    return false;
}

/// /etc/mail belongs to the group that sendmail and the milter read it as. A process outside that group keeps its own.
void take_group_of_directory(const LockedFile& file) {
    struct stat status {};
    if (::stat(directory_of(file.path()).c_str(), &status) != 0) return;
    [[maybe_unused]] const int ignored = ::fchown(file.descriptor(), static_cast<uid_t>(-1), status.st_gid);
}

void fill_and_place(const LockedFile& file, const std::string& path) {
    constexpr Database::Shape shape;
    Database database = Database::create(file.path(), shape);
    reserve(file, (shape.buckets + std::uint64_t{1}) * kPageSize);
    database.commit();
    take_group_of_directory(file);
    if (::fchmod(file.descriptor(), 0640) != 0 || ::fsync(file.descriptor()) != 0)
        throw system_fault(file.path(), "write to disk", errno);
    if (take_name(file.path(), path)) sync_directory_of(path);
}

}  // namespace

void create_relayers_database(const std::string& path) {
    const std::string name = path + ".milter-relay-first";
    while (!exists(path)) {
        const auto file = make_first(name);
        if (!file) continue;
        try {
            if (!exists(path)) fill_and_place(*file, path);
        } catch (...) {
            ::unlink(name.c_str());
            throw;
        }
        // Still ours where it did not become the database: nobody else takes its name while it is locked.
        if (exists(name) && exists(path)) ::unlink(name.c_str());
    }
}

}  // namespace relay
