// relayers.db: can the daemon read it, and does it make sense?
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "milter/doctor/checks.h"
#include "milter/doctor/daemon_account.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/relayers/relayers_entries.h"
#include "policy/source/relayers/relayers_walk.h"

namespace relay::doctor {
namespace {

using namespace std::chrono;
using Entries = std::vector<RelayersEntry>;

constexpr milliseconds kLockWait{5000};
constexpr sys_seconds kEarliest{seconds{946'684'800}};  // 2000: before, nobody wrote this file

bool uses_pop(const Machine& machine) { return machine.methods() != Methods::auth_only; }

std::string database_of(const Machine& machine) { return escaped(machine.settings.pop.database); }

std::string ago(sys_seconds then, sys_seconds now) {
    const auto past = now - then;
    if (past < minutes{2}) return fmt::format("{} s ago", past.count());
    if (past < hours{2}) return fmt::format("{} min ago", duration_cast<minutes>(past).count());
    return past < days{2} ? fmt::format("{} h ago", duration_cast<hours>(past).count())
                          : fmt::format("{} days ago", duration_cast<days>(past).count());
}

/// What is in the file, or nothing with the finding that says why.
std::optional<Entries> entries_of(const Machine& machine, Findings& findings) {
    try {
        if (auto walk = RelayersWalk::open(machine.settings.pop.database, kLockWait)) {
            Entries entries;
            while (walk->next(
                [&entries](std::string_view key, std::string_view data) { entries.emplace_back(key, data); })) {}
            return entries;
        }
        findings.push_back(warning(database_of(machine) + " is not there",
                                   "nobody may relay by POP before SMTP until the first login",
                                   "vsmtprelay add ADDRESS at a login, or vsmtprelay follow"));
    } catch (const Fault& fault) {
        if (fault.trouble == Trouble::forbidden) findings.push_back(not_seen(fault.what()));
        else
            findings.push_back(error(fault.what(), "whoever needs it is deferred with 451 4.3.0",
                                     "vsmtprelay dump; or move the file away: it is made anew at the next login"));
    }
    return std::nullopt;
}

struct Counts {
    std::size_t fresh = 0, standing = 0, old = 0, unreadable = 0, too_early = 0;
    std::string some_standing, some_unreadable;
};

void note(std::string& some, std::size_t count, const std::string& key) {
    if (count <= 3) some.append(some.empty() ? "" : " ").append(escaped(key.substr(0, 64)));
    else if (count == 4) some += " ...";
}

Counts counts_of(const Entries& entries, const Machine& machine) {
    Counts counts;
    const auto& pop = machine.settings.pop;
    for (const auto& entry : entries) {
        const auto record = decode_login_record(entry.data, pop.layout);
        if (!entry.client || !record) {
            note(counts.some_unreadable, ++counts.unreadable, entry.key);
            continue;
        }
        if (pop.layout == Layout::timestamp && record->at < kEarliest) ++counts.too_early;
        const auto state = freshness(*record, machine.now, pop.window);
        if (state == Freshness::standing) note(counts.some_standing, ++counts.standing, entry.key);
        else if (state == Freshness::fresh) ++counts.fresh;
        else ++counts.old;
    }
    return counts;
}

Findings judge(const Counts& counts, const Machine& machine) {
    const auto file = database_of(machine);
    Findings findings;
    if (counts.unreadable > 0)
        findings.push_back(warning(
            fmt::format("{} has {} entries that are no logins: {}", file, counts.unreadable, counts.some_unreadable),
            "whoever has such an address is deferred; perhaps [pop] layout is another",
            "vsmtprelay dump; vsmtprelay delete ADDRESS; or set [pop] layout"));
    if (counts.standing > 0 && machine.settings.pop.layout == Layout::timestamp)
        findings.push_back(
            warning(fmt::format("{} entries are in the future: {}", counts.standing, counts.some_standing),
                    "these addresses may relay until then without a login",
                    "vsmtprelay delete ADDRESS, where that is not wanted"));
    if (counts.too_early > 0)
        findings.push_back(warning(fmt::format("{} entries are from before 2000", counts.too_early),
                                   "a clock was wrong, or [pop] layout is another", "vsmtprelay expire; date"));
    if (counts.old > 1000 && counts.old > 4 * (counts.fresh + counts.standing))
        findings.push_back(warning(fmt::format("{} of its entries are old", counts.old),
                                   "nobody removes them, and the file grows", "vsmtprelay expire, once a day"));
    return findings;
}

std::string last_write(const Machine& machine) {
    struct stat status {};
    if (::stat(machine.settings.pop.database.c_str(), &status) != 0) return "at an unknown time";
    return ago(sys_seconds{seconds{status.st_mtim.tv_sec}}, machine.now);
}

}  // namespace

Findings check_database_access(const Machine& machine) {
    if (!uses_pop(machine)) return {ok("not used: the policy is auth-only")};
    const auto found = daemon_account(machine.settings);
    if (const auto* fault = std::get_if<std::string>(&found))
        return {
            error(*fault, "milter-relay does not start",
                  "adduser --system --group --no-create-home --home /nonexistent " + escaped(machine.settings.user))};
    const auto& account = std::get<DaemonAccount>(found);
    if (::geteuid() != 0)
        return {not_seen("whether user " + escaped(account.name) + " can read " + database_of(machine) +
                         " takes root to try")};
    const int fault = open_as(account, machine.settings.pop.database);
    if (fault == 0) return {ok("user " + escaped(account.name) + " can read " + database_of(machine))};
    if (fault == ENOENT) return {};  // check_database_entries() says so
    return {error(fmt::format("user {} cannot read {}: {}", escaped(account.name), database_of(machine),
                              fault > 0 ? std::strerror(fault) : "could not be tried"),
                  "whoever needs it is deferred with 451 4.3.0",
                  fmt::format("adduser {} smmsp; chgrp smmsp {}; chmod 640 {}; systemctl restart milter-relay",
                              escaped(account.name), database_of(machine), database_of(machine)))};
}

Findings check_database_entries(const Machine& machine) {
    if (!uses_pop(machine)) return {};
    Findings findings;
    const auto entries = entries_of(machine, findings);
    if (!entries) return findings;
    const auto counts = counts_of(*entries, machine);
    findings = judge(counts, machine);
    findings.push_back(ok(fmt::format("{} entries, of which {} permit relaying now; last written {}", entries->size(),
                                      counts.fresh + counts.standing, last_write(machine))));
    return findings;
}

Findings check_last_login(const Machine& machine) {
    if (!uses_pop(machine) || machine.settings.pop.layout != Layout::timestamp) return {};
    Findings unused;
    const auto entries = entries_of(machine, unused);
    if (!entries) return {};
    std::optional<sys_seconds> newest;
    for (const auto& entry : *entries)
        if (entry.record && entry.record->at <= machine.now)
            newest = std::max(newest.value_or(entry.record->at), entry.record->at);
    if (newest && *newest + machine.settings.pop.window >= machine.now)
        return {ok("last login " + ago(*newest, machine.now))};
    return {warning(newest ? "the last login was " + ago(*newest, machine.now) : "no login was ever recorded",
                    "nobody may relay by POP before SMTP now; does anybody write the logins down?",
                    "fetch mail once, then: vsmtprelay dump")};
}

}  // namespace relay::doctor
