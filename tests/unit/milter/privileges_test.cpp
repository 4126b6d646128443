#include "milter/privileges.h"

#include <grp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "tests/support/catch.h"

namespace {

using namespace relay;

/// Runs `check` in a process of its own, since rights do not come back.
template <class Check>
bool in_child(Check check) {
    const pid_t child = fork();
    if (child == 0) _exit(check() ? 0 : 1);
    int status = -1;
    waitpid(child, &status, 0);
    return status == 0;
}

}  // namespace

TEST_CASE("an account that does not exist is a configuration fault that says what to do") {
    INFO("only root has rights to give up: run the tests as root");
    REQUIRE(geteuid() == 0);
    const auto result = find_account("no such\nuser");
    REQUIRE(std::holds_alternative<PrivilegeFault>(result));
    CHECK(std::get<PrivilegeFault>(result).exit_code == EX_CONFIG);
    CHECK(std::get<PrivilegeFault>(result).text.starts_with("user \"no such\\x0auser\" does not exist; make it"));
}

TEST_CASE("without root rights the present account is taken as it is") {
    if (geteuid() == 0) return;
    CHECK(std::get<Account>(find_account("whoever")).user == geteuid());
}

TEST_CASE("user, group and every supplementary group are the account's, for good") {
    INFO("only root has rights to give up: run the tests as root");
    REQUIRE(geteuid() == 0);
    const auto nobody = std::get<Account>(find_account("nobody"));
    CHECK(in_child([&] {
        const gid_t roots = 0;
        if (setgroups(1, &roots) != 0 || !drop_privileges(nobody).text.empty()) return false;
        gid_t groups[64];
        const int count = getgroups(64, groups);
        for (int i = 0; i < count; ++i)
            if (groups[i] == 0) return false;
        uid_t real = 0, effective = 0, saved = 0;
        getresuid(&real, &effective, &saved);
        return real == nobody.user && effective == nobody.user && saved == nobody.user && getgid() == nobody.group &&
               getegid() == nobody.group && setuid(0) != 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
    }));
}

TEST_CASE("rights that cannot be given up are a fault, not a silence") {
    INFO("only root has rights to give up: run the tests as root");
    REQUIRE(geteuid() == 0);
    CHECK(in_child([] { return drop_privileges({"nobody", static_cast<uid_t>(-1), 65534}).exit_code == EX_NOPERM; }));
}
