#include "policy/source/database/replacement.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "policy/source/database/file_attributes.h"
#include "policy/source/database/modification_time.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"

namespace relay {
namespace {

constexpr const char* kSuffix = ".milter-relay-new";

/// One of a living writer is locked. It has let readers in, and this one came first when it did.
bool is_alive(const std::string& name) {
    const Descriptor leftover{::open(name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
    return leftover && ::flock(leftover.get(), LOCK_EX | LOCK_NB) != 0;
}

LockedFile make_beside(const std::string& target) {
    const std::string name = target + kSuffix;
    if (is_alive(name)) throw Fault{Trouble::replaced, escaped(target) + ": is being made anew by another process"};
    if (::unlink(name.c_str()) != 0 && errno != ENOENT) throw system_fault(name, "remove what a dead writer left", errno);
    const int created = ::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (created < 0) throw system_fault(target, "make a new file in its directory", errno);
    return LockedFile::take(name, Descriptor{created});
}

}  // namespace

std::string real_name(const LockedFile& file) {
    const std::unique_ptr<char, decltype(&std::free)> name{::realpath(file.path().c_str(), nullptr), std::free};
    struct stat status {};
    if (!name || ::stat(name.get(), &status) != 0 || !FileStamp{status}.same_file(file.stamp()))
        throw Fault{Trouble::replaced, escaped(file.path()) + ": was replaced while it was being changed"};
    return name.get();
}

void reserve(const LockedFile& file, std::uint64_t bytes) {
    const int error = ::posix_fallocate(file.descriptor(), 0, static_cast<off_t>(bytes));
    if (error != 0) throw system_fault(file.path(), "reserve room on disk", error);
}

void remove_leftover_beside(const LockedFile& file) noexcept try {
    const std::string name = real_name(file) + kSuffix;
    if (!is_alive(name)) ::unlink(name.c_str());
} catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): it takes room, and nothing else; the next one may.
}

std::string directory_of(const std::string& path) {
    std::string directory = std::filesystem::path{path}.parent_path();
    if (directory.empty()) directory.push_back('.');
    return directory;
}

void sync_directory_of(const std::string& path) {
    const Descriptor directory{::open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory || ::fsync(directory.get()) != 0) throw system_fault(path, "write its directory to disk", errno);
}

Replacement::Replacement(const LockedFile& file)
    : old_{file}, target_{real_name(file)}, file_{make_beside(target_)} {
    try {
        copy_attributes(old_.descriptor(), file_.descriptor(), target_);
    } catch (...) {
        ::unlink(file_.path().c_str());
        throw;
    }
}

bool Replacement::has_its_name() const noexcept {
    struct stat named {}, ours {};
    return ::lstat(file_.path().c_str(), &named) == 0 && ::fstat(file_.descriptor(), &ours) == 0
           && FileStamp{named}.same_file(FileStamp{ours});
}

Replacement::~Replacement() {
    if (!in_place_ && has_its_name()) ::unlink(file_.path().c_str());
}

void Replacement::complete() const {
    if (::fsync(file_.descriptor()) != 0) throw system_fault(target_, "write its new file to disk", errno);
}

void Replacement::take_place(const std::string& old_name) {
    if (!has_its_name()) throw Fault{Trouble::replaced, escaped(target_) + ": was changed by another process meanwhile"};
    if (!old_name.empty() && ::link(target_.c_str(), old_name.c_str()) != 0)
        throw system_fault(target_, "keep it as " + old_name, errno);
    // For open sendmail maps. Twice: who is killed after the rename has told all that opened the old file before this line.
    move_time_past(old_.descriptor(), old_.stamp().modified);
    if (::rename(file_.path().c_str(), target_.c_str()) != 0) throw system_fault(target_, "put a new file in its place", errno);
    move_time_past(old_.descriptor(), old_.stamp().modified);
    in_place_ = true;
    sync_directory_of(target_);
}

}  // namespace relay
