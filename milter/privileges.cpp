#include "milter/privileges.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sysexits.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <cerrno>
#include <cstring>

#include "policy/source/files/escaped.h"

namespace relay {
namespace {

PrivilegeFault failed(const char* what, const Account& account) {
    return {EX_NOPERM, fmt::format("cannot become user {}: {}: {}", escaped(account.name), what, std::strerror(errno))};
}

}  // namespace

std::variant<Account, PrivilegeFault> find_account(const std::string& name) {
    if (geteuid() != 0) return Account{name, geteuid(), getegid()};
    errno = 0;
    const passwd* entry = getpwnam(name.c_str());
    if (entry) return Account{name, entry->pw_uid, entry->pw_gid};
    if (errno != 0 && errno != ENOENT)
        return PrivilegeFault{EX_OSERR, fmt::format("cannot look up user {}: {}", escaped(name), std::strerror(errno))};
    return PrivilegeFault{EX_CONFIG,
                          fmt::format("user \"{}\" does not exist; make it (useradd --system --no-create-home "
                                      "--shell /usr/sbin/nologin NAME) or set \"user\" in the configuration",
                                      escaped(name))};
}

PrivilegeFault drop_privileges(const Account& account) {
    if (geteuid() == 0) {
        if (initgroups(account.name.c_str(), account.group) != 0) return failed("initgroups", account);
        if (setgid(account.group) != 0) return failed("setgid", account);
        if (setuid(account.user) != 0) return failed("setuid", account);
        if (account.user != 0 && setuid(0) == 0) return {EX_NOPERM, "root rights came back after they were given up"};
    }
#ifdef __linux__
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("no_new_privs", account);
#endif
    return {};
}

}  // namespace relay
