// milter-relay.toml(5): whether the daemon would take it, and who else could change it or use its password.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "milter/doctor/checks.h"
#include "milter/doctor/daemon_account.h"
#include "milter/doctor/writable.h"
#include "policy/source/files/escaped.h"

namespace relay::doctor {
namespace {

/// The daemon reads it as its own user: at the start under a service manager, and at every SIGHUP.
Findings judge_access(const Machine& machine) {
    if (machine.config_is_missing || ::geteuid() != 0) return {};
    const auto account = daemon_account(machine.settings);
    const auto* known = std::get_if<DaemonAccount>(&account);
    const int fault = known ? open_as(*known, machine.config_file) : 0;
    if (fault <= 0) return {};
    return {error(fmt::format("user {} cannot read {}: {}", escaped(known->name), escaped(machine.config_file),
                              std::strerror(fault)),
                  "it cannot be reloaded, and a service manager's milter-relay does not start",
                  fmt::format("chgrp {} {}; chmod 640 {}", escaped(known->name), escaped(machine.config_file),
                              escaped(machine.config_file)))};
}

}  // namespace

Findings check_configuration(const Machine& machine) {
    Findings findings;
    for (const auto& fault : machine.config_errors)
        findings.push_back(error(fault.message(),
                                 "a daemon that starts now does not take the file, and one that runs keeps the old",
                                 "edit " + escaped(machine.config_file) + ", then: milter-relay check-config"));
    if (findings.empty()) findings = judge_access(machine);
    if (!findings.empty()) return findings;
    const char* where = machine.config_is_missing ? "is not there; the defaults are in force" : "has no error";
    findings.push_back(ok(fmt::format("{} {}", escaped(machine.config_file), where)));
    findings.push_back(ok(fmt::format("policy {}{}", name_of(machine.methods()),
                                      machine.cf && machine.cf->macro("relay_policy") ? ", as sendmail.cf says" : "")));
    if (machine.settings.mode == Mode::monitor)
        findings.push_back(warning("mode is \"monitor\"", "what milter-relay would refuse is only logged",
                                   "mode = \"enforce\" in " + escaped(machine.config_file)));
    return findings;
}

Findings check_configuration_secrecy(const Machine& machine) {
    Findings findings;
    if (!machine.config_is_missing) findings = writers_of(machine.config_file, "others than the admin can change the policy");
    const std::string& password = machine.settings.redis.password_file;
    struct stat status {};
    if (!password.empty() && ::stat(password.c_str(), &status) == 0 && (status.st_mode & S_IRWXO) != 0)
        findings.push_back(error(fmt::format("{} ([redis] password_file) has mode {:04o}", escaped(password), status.st_mode & 07777),
                                 "any user of this host can do with the logins and limits there what the server lets milter-relay do",
                                 "chmod o-rwx " + escaped(password)));
    return findings;
}

}  // namespace relay::doctor
