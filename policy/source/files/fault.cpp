#include "policy/source/files/fault.h"

#include <cerrno>
#include <system_error>

#include "policy/source/files/escaped.h"

namespace relay {

Fault system_fault(const std::string& path, const std::string& doing, int error) {
    const Trouble trouble = error == EACCES || error == EPERM ? Trouble::forbidden : Trouble::system;
    return {trouble, escaped(path) + ": " + escaped(doing) + ": " + std::generic_category().message(error)};
}

}  // namespace relay
