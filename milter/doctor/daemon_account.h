// With which rights the daemon looks at files: those of the one that runs, or of the account that it would take.
#pragma once

#include <sys/types.h>

#include <string>
#include <variant>
#include <vector>

#include "policy/settings.h"

namespace relay::doctor {

struct DaemonAccount {
    std::string name;
    uid_t user = 0;
    gid_t group = 0;
    std::vector<gid_t> groups;  ///< All, as the process has them.
    bool is_running = false;    ///< These are a process's, service manager's additions included.
};

/// A text says what is wrong.
std::variant<DaemonAccount, std::string> daemon_account(const Settings& settings);

/// 0, or the errno of open(2) for reading with these rights. To be called as root; changes nothing of this process.
/// -1 where it could not be tried.
int open_as(const DaemonAccount& account, const std::string& path);

}  // namespace relay::doctor
