// What stopped work on a file or a server: thrown inside policy/source and vsmtprelay, and never beyond them. RelayersReader and
// DomainList turn it into a Failed look-up, the command into its exit code.
#pragma once

#include <stdexcept>
#include <string>

namespace relay {

enum class Trouble {
    locked,     ///< Another process held the lock for too long.
    replaced,   ///< Another file took the path while this one was being opened: trying again may help.
    forbidden,  ///< No permission.
    damaged,    ///< The bytes are not what they should be.
    unreachable,  ///< A server gives no answer in time.
    refused,    ///< A server answers with an error.
    system,     ///< Any other word of the system.
};

struct Fault : std::runtime_error {
    /// `why` names the file, what was done to it and the system's word for the error.
    Fault(Trouble kind, const std::string& why) : std::runtime_error{why}, trouble{kind} {}
    Trouble trouble;
    bool partly_done = false;  ///< Some of the change was made and stays; what() says how much.
};

/// `fault` in the middle of a change, and what was `done` before.
Fault partly_done(const Fault& fault, const std::string& done);

/// "PATH: DOING: what strerror(3) says; what to do about it", that where the error tells; EACCES and EPERM are forbidden. `path` and `doing` are escaped.
Fault system_fault(const std::string& path, const std::string& doing, int error);

}  // namespace relay
