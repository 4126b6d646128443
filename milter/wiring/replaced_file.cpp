#include "milter/wiring/replaced_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/files/small_file.h"

namespace relay {
namespace {

constexpr std::size_t kLargest = 16 << 20;

void write_all(int file, const std::string& path, const std::string& text) {
    for (std::size_t at = 0; at < text.size();) {
        const auto size = write(file, text.data() + at, text.size() - at);
        if (size < 0 && errno != EINTR) throw system_fault(path, "write", errno);
        if (size > 0) at += static_cast<std::size_t>(size);
    }
}

void sync_directory(const std::string& directory) {
    const Descriptor file{open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!file || fsync(file.get()) != 0) throw system_fault(directory, "sync", errno);
}

/// Nobody's link and no older file is written through.
Descriptor create(const std::string& path, mode_t mode) {
    Descriptor file{open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)};
    if (!file) throw system_fault(path, "create", errno);
    return file;
}

}  // namespace

std::string parent_directory(const std::string& path) { return std::filesystem::path{path}.parent_path().string(); }

OldFile read_old_file(const std::string& path) {
    const std::unique_ptr<char, decltype(&std::free)> real{realpath(path.c_str(), nullptr), &std::free};
    if (!real) throw system_fault(path, "open", errno);
    OldFile file{.path = real.get(), .text = {}, .status = {}};
    if (stat(file.path.c_str(), &file.status) != 0) throw system_fault(path, "open", errno);
    auto read = read_small_file(file.path, kLargest);
    if (!read) throw system_fault(path, "open", ENOENT);
    file.text = std::move(read->text);
    return file;
}

NewFile::NewFile(const std::string& path, const std::string& temporary, const std::string& text,
                 const struct stat& like)
    : path_{path}, temporary_{temporary} {
    unlink(temporary_.c_str());
    const auto file = create(temporary_, 0600);
    try {
        write_all(file.get(), temporary_, text);
        if (fchown(file.get(), like.st_uid, like.st_gid) != 0)
            throw system_fault(temporary_, "change the owner", errno);
        if (fchmod(file.get(), like.st_mode & 07777) != 0) throw system_fault(temporary_, "change the mode", errno);
        if (fsync(file.get()) != 0) throw system_fault(temporary_, "sync", errno);
    } catch (const Fault&) {
        unlink(temporary_.c_str());
        throw;
    }
}

NewFile::~NewFile() {
    if (!temporary_.empty()) unlink(temporary_.c_str());
}

void NewFile::put_in_place() {
    if (rename(temporary_.c_str(), path_.c_str()) != 0) throw system_fault(path_, "replace", errno);
    temporary_.clear();
    sync_directory(parent_directory(path_));
}

DirectoryLock::DirectoryLock(const std::string& file_in_it) {
    const auto path = parent_directory(file_in_it);
    directory_ = Descriptor{open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory_) throw system_fault(path, "open", errno);
    if (flock(directory_.get(), LOCK_EX | LOCK_NB) != 0)
        throw Fault{Trouble::locked,
                    escaped(path) + ": another milter-relay wire or unwire is at work there; wait for it"};
}

TemporaryDirectory::TemporaryDirectory() {
    const char* root = getenv("TMPDIR");
    path_ = std::string{root && *root == '/' ? root : "/tmp"} + "/milter-relay.XXXXXX";
    if (!mkdtemp(path_.data())) throw system_fault(path_, "create", errno);
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryDirectory::write(const std::string& name, const std::string& text) const {
    auto path = path_ + "/" + name;
    write_all(create(path, 0600).get(), path, text);
    return path;
}

}  // namespace relay
