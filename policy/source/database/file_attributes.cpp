#include "policy/source/database/file_attributes.h"

#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <vector>

#include "policy/source/files/fault.h"

namespace relay {
namespace {

/// They hold a hash of the content, and the kernel makes them.
bool belongs_to_content(const std::string& name) {
    return name == "security.ima" || name == "security.evm";
}

bool none_here(int error) { return error == ENOTSUP || error == ENODATA; }

std::vector<std::string> attribute_names(int file, const std::string& path) {
    const ssize_t size = ::flistxattr(file, nullptr, 0);
    std::string list(size > 0 ? static_cast<std::size_t>(size) : 0, '\0');
    const ssize_t got = size > 0 ? ::flistxattr(file, list.data(), list.size()) : size;
    if (got < 0 && !none_here(errno)) throw system_fault(path, "read its extended attributes", errno);
    std::vector<std::string> names;
    for (std::size_t at = 0; got > 0 && at < static_cast<std::size_t>(got); at += names.back().size() + 1)
        names.emplace_back(list.data() + at);
    std::erase_if(names, belongs_to_content);
    return names;
}

std::optional<std::string> attribute(int file, const std::string& name) {
    const ssize_t size = ::fgetxattr(file, name.c_str(), nullptr, 0);
    if (size < 0) return std::nullopt;
    std::string value(static_cast<std::size_t>(size), '\0');
    const ssize_t got = ::fgetxattr(file, name.c_str(), value.data(), value.size());
    if (got < 0) return std::nullopt;
    value.resize(static_cast<std::size_t>(got));
    return value;
}

/// A default ACL of the directory gives a new file one that the old need not have.
void remove_inherited(int from, int to, const std::string& path) {
    constexpr const char* list = "system.posix_acl_access";
    if (!attribute(to, list) || attribute(from, list)) return;
    if (::fremovexattr(to, list) != 0 && !none_here(errno)) throw system_fault(path, "make a new file without access control list", errno);
}

void copy_extended(int from, int to, const std::string& path) {
    for (const std::string& name : attribute_names(from, path)) {
        const auto value = attribute(from, name);
        if (!value || attribute(to, name) == value) continue;
        if (::fsetxattr(to, name.c_str(), value->data(), value->size(), 0) != 0)
            throw system_fault(path, "make a new file that keeps its " + name, errno);
    }
}

}  // namespace

void copy_attributes(int from, int to, const std::string& path) {
    struct stat old {};
    struct stat now {};
    if (::fstat(from, &old) != 0 || ::fstat(to, &now) != 0) throw system_fault(path, "examine", errno);
    if ((old.st_uid != now.st_uid || old.st_gid != now.st_gid) && ::fchown(to, old.st_uid, old.st_gid) != 0)
        throw system_fault(path, "make a new file that keeps its owner and group", errno);
    remove_inherited(from, to, path);
    copy_extended(from, to, path);
    if (::fchmod(to, old.st_mode & 07777) != 0) throw system_fault(path, "make a new file that keeps its mode", errno);
}

}  // namespace relay
