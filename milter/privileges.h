// Gives up root for good. To be called before the first thread and before the socket is opened.
#pragma once

#include <sys/types.h>

#include <string>
#include <variant>

namespace relay {

struct Account {
    std::string name;
    uid_t user = 0;
    gid_t group = 0;
};

struct PrivilegeFault {
    int exit_code = 0;  ///< sysexits(3)
    std::string text;
};

/// The account `name` of the system; a fault names what to do when there is none. Without root rights to give up,
/// the account that runs this process.
std::variant<Account, PrivilegeFault> find_account(const std::string& name);

/// Takes user, group and supplementary groups of `account`, when root, and renounces gaining any again
/// (no_new_privs on Linux). An empty text is success.
PrivilegeFault drop_privileges(const Account& account);

}  // namespace relay
