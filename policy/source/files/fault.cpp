#include "policy/source/files/fault.h"

#include <cerrno>
#include <system_error>

#include "policy/source/files/escaped.h"

namespace relay {
namespace {

/// What an admin can do about it, if that is to be told from the error alone.
const char* remedy(int error) {
    switch (error) {
        case EACCES:
        case EPERM: return "; try as root, or as the account that owns it";
        case ENOENT:
        case ENOTDIR: return "; is the name right?";
        case EISDIR: return "; a file is wanted";
        case ENOSPC:
        case EDQUOT: return "; make room there";
        case EROFS: return "; it is mounted read-only";
        case EMFILE:
        case ENFILE: return "; raise the limit of open files";
        default: return "";
    }
}

}  // namespace

Fault partly_done(const Fault& fault, const std::string& done) {
    Fault told{fault.trouble, std::string{fault.what()} + "; " + done};
    told.partly_done = true;
    return told;
}

Fault system_fault(const std::string& path, const std::string& doing, int error) {
    const Trouble trouble = error == EACCES || error == EPERM ? Trouble::forbidden : Trouble::system;
    return {trouble, escaped(path) + ": " + escaped(doing) + ": " + std::generic_category().message(error) + remedy(error)};
}

}  // namespace relay
