// relayers.db: can the daemon read it, and does it make sense?
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "milter/doctor/checks.h"
#include "milter/doctor/daemon_account.h"
#include "milter/doctor/relayers_survey.h"
#include "milter/doctor/writable.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/login_database.h"

namespace relay::doctor {
namespace {

using namespace std::chrono;

bool uses_pop(const Machine& machine) { return machine.methods() != Methods::auth_only; }

bool on_server(const Machine& machine) { return is_redis_url(machine.settings.pop.database); }

std::string database_of(const Machine& machine) { return escaped(machine.settings.pop.database); }

std::string ago(sys_seconds then, sys_seconds now) {
    const auto past = now - then;
    if (past < minutes{2}) return fmt::format("{} s ago", past.count());
    if (past < hours{2}) return fmt::format("{} min ago", duration_cast<minutes>(past).count());
    return past < days{2} ? fmt::format("{} h ago", duration_cast<hours>(past).count())
                          : fmt::format("{} days ago", duration_cast<days>(past).count());
}

Finding unreadable(const Fault& fault) {
    if (fault.trouble == Trouble::forbidden) return not_seen(fault.what());
    return error(fault.what(), "whoever needs it is deferred with 451 4.3.0",
                 fault.trouble == Trouble::damaged ? "vsmtprelay verify; vsmtprelay repair" : "vsmtprelay verify");
}

Findings judge(const RelayersSurvey& found, const Machine& machine) {
    Findings findings;
    if (found.unreadable.count > 0)
        findings.push_back(warning(fmt::format("{} has {} entries that are no logins: {}", database_of(machine),
                                               found.unreadable.count, found.unreadable.keys),
                                   "whoever has such an address is deferred; perhaps [pop] layout is another",
                                   "vsmtprelay verify; vsmtprelay delete ADDRESS; or set [pop] layout"));
    if (found.standing.count > 0 && machine.settings.pop.layout == Layout::timestamp)
        findings.push_back(
            warning(fmt::format("{} entries are in the future: {}", found.standing.count, found.standing.keys),
                    "these addresses may relay until then without a login",
                    "vsmtprelay delete ADDRESS, where that is not wanted"));
    if (found.never.count > 0 && machine.settings.pop.mode == Mode::enforce)
        findings.push_back(warning(fmt::format("{} entries are in a network of [pop] never: {}", found.never.count, found.never.keys),
                                   "they permit nobody: such an address is a proxy's, a webmail's or this server's own",
                                   "vsmtprelay delete ADDRESS; or take the network out of [pop] never"));
    if (found.too_early > 0)
        findings.push_back(warning(fmt::format("{} entries are from before 2000", found.too_early),
                                   "a clock was wrong, or [pop] layout is another", "vsmtprelay expire; date"));
    if (found.old > 1000 && found.old > 4 * (found.fresh + found.standing.count))
        findings.push_back(warning(fmt::format("{} of its entries are old", found.old),
                                   "nobody removes them, and the file grows", "vsmtprelay expire, once a day"));
    return findings;
}

/// By the look-up of an address that nobody has, as the daemon would ask it.
Findings check_server(const Machine& machine) {
    RedisClients servers{machine.settings.redis};
    const auto answer = open_login_reader(machine.settings.pop, servers)->find(Address::v4({0, 0, 0, 0}));
    if (answer.failed())
        return {error(answer.why(), "whoever has no entry there is deferred with 451 4.3.0",
                      "vsmtprelay verify; see docs/shared-logins.md")};
    return {ok(database_of(machine) + " answers, and holds all logins")};
}

std::string last_write(const Machine& machine) {
    struct stat status {};
    if (::stat(machine.settings.pop.database.c_str(), &status) != 0) return "at an unknown time";
    return ago(sys_seconds{seconds{status.st_mtim.tv_sec}}, machine.now);
}

}  // namespace

/// An entry is a permission. The file's own group may write it: whoever records logins is in there.
Findings check_database_writers(const Machine& machine) {
    if (!uses_pop(machine) || on_server(machine)) return {};
    Findings findings;
    for (const auto& open : writable_by_others(machine.settings.pop.database)) {
        const bool only_its_group = open.path == machine.settings.pop.database && (open.mode & S_IWOTH) == 0;
        if (only_its_group) continue;
        findings.push_back(error(fmt::format("{} has mode {:04o}", escaped(open.path), open.mode),
                                 "others than the admin and the login programs can permit whom they like to relay",
                                 (open.path == machine.settings.pop.database ? "chmod o-w " : "chmod go-w ") + escaped(open.path)));
    }
    return findings;
}

Findings check_database_access(const Machine& machine) {
    if (!uses_pop(machine)) return {ok("not used: the policy is auth-only")};
    const std::string& file = on_server(machine) ? machine.settings.redis.password_file : machine.settings.pop.database;
    if (file.empty()) return {};
    const auto found = daemon_account(machine.settings);
    if (const auto* fault = std::get_if<std::string>(&found))
        return {
            error(*fault, "milter-relay does not start",
                  "adduser --system --group --no-create-home --home /nonexistent " + escaped(machine.settings.user))};
    const auto& account = std::get<DaemonAccount>(found);
    if (::geteuid() != 0)
        return {not_seen("whether user " + escaped(account.name) + " can read " + escaped(file) + " takes root to try")};
    const int fault = open_as(account, file);
    if (fault == 0) return {ok("user " + escaped(account.name) + " can read " + escaped(file))};
    if (fault == ENOENT) return {};  // check_database_entries() says so
    return {error(fmt::format("user {} cannot read {}: {}", escaped(account.name), escaped(file),
                              fault > 0 ? std::strerror(fault) : "could not be tried"),
                  "whoever needs it is deferred with 451 4.3.0",
                  fmt::format("adduser {} smmsp; chgrp smmsp {}; chmod 640 {}; systemctl restart milter-relay",
                              escaped(account.name), escaped(file), escaped(file)))};
}

Findings check_database_entries(const Machine& machine) try {
    if (!uses_pop(machine)) return {};
    if (on_server(machine)) return check_server(machine);
    const auto found = survey(machine.settings.pop, machine.now);
    if (!found)
        return {warning(database_of(machine) + " is not there",
                        "nobody may relay by POP before SMTP until the first login",
                        "vsmtprelay add ADDRESS at a login, or vsmtprelay follow")};
    auto findings = judge(*found, machine);
    findings.push_back(ok(fmt::format("{} entries, of which {} permit relaying now; last written {}", found->all,
                                      found->fresh + found->standing.count, last_write(machine))));
    return findings;
} catch (const Fault& fault) {
    return {unreadable(fault)};
}

Findings check_last_login(const Machine& machine) try {
    if (!uses_pop(machine) || on_server(machine) || machine.settings.pop.layout != Layout::timestamp) return {};
    const auto found = survey(machine.settings.pop, machine.now);
    if (!found) return {};
    if (found->fresh > 0 && found->newest) return {ok("last login " + ago(*found->newest, machine.now))};
    return {
        warning(found->newest ? "the last login was " + ago(*found->newest, machine.now) : "no login was ever recorded",
                "nobody may relay by POP before SMTP now; does anybody write the logins down?",
                "fetch mail once, then: vsmtprelay dump")};
} catch (const Fault&) {
    return {};  // check_database_entries() says it
}

}  // namespace relay::doctor
