// The admin's lists of logins and the sender map: can the daemon read them, and nobody else change them?
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <vector>

#include "milter/doctor/checks.h"
#include "milter/doctor/daemon_account.h"
#include "milter/doctor/writable.h"
#include "policy/source/files/escaped.h"

namespace relay::doctor {
namespace {

struct AccountFile {
    const char* key;
    std::string path;
    bool is_map = false;  ///< Else a list, of which a missing one is an empty one.
};

std::vector<AccountFile> files_of(const Settings& settings) {
    std::vector<AccountFile> files;
    const auto add = [&](const char* key, const std::string& path, bool is_map) {
        if (!path.empty()) files.push_back({key, path, is_map});
    };
    add("account.disabled", settings.account.disabled, false);
    add("pop.not_for", settings.pop.not_for, false);
    const bool asks_map = settings.sender.check == SenderCheck::known || settings.sender.check == SenderCheck::strict;
    if (asks_map) add("sender.map", settings.sender.map, true);
    return files;
}

Finding is_missing(const AccountFile& file) {
    const std::string path = escaped(file.path);
    if (!file.is_map) return warning(fmt::format("{} ({}) is not there", path, file.key), "it counts as empty", "touch " + path);
    const std::string source = path.ends_with(".db") ? path.substr(0, path.size() - 3) : path;
    return error(fmt::format("{} ({}) is not there", path, file.key), "every login's mail is deferred with 451 4.3.0",
                 fmt::format("makemap hash {} < {}", source, source));
}

Finding readable(const AccountFile& file, const DaemonAccount& account) {
    const std::string path = escaped(file.path), user = escaped(account.name);
    if (::geteuid() != 0) return not_seen(fmt::format("whether user {} can read {} takes root to try", user, path));
    const int fault = open_as(account, file.path);
    if (fault == 0) return ok(fmt::format("user {} can read {} ({})", user, path, file.key));
    if (fault == ENOENT) return is_missing(file);
    return error(fmt::format("user {} cannot read {} ({}): {}", user, path, file.key,
                             fault > 0 ? std::strerror(fault) : "could not be tried"),
                 "logins that it could be about are deferred with 451 4.3.0",
                 fmt::format("chgrp {} {}; chmod 640 {}", user, path, path));
}

}  // namespace

Findings check_account_files(const Machine& machine) {
    const auto account = daemon_account(machine.settings);
    const auto* known = std::get_if<DaemonAccount>(&account);
    if (!known) return {};  // check_database_access() says so
    Findings findings;
    for (const AccountFile& file : files_of(machine.settings)) {
        findings.push_back(readable(file, *known));
        std::ranges::move(writers_of(file.path, fmt::format("others than the admin can change who may send ({})", file.key)),
                          std::back_inserter(findings));
    }
    return findings;
}

}  // namespace relay::doctor
