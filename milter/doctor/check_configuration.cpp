// milter-relay.toml(5): whether the daemon would take it.
#include <fmt/format.h>

#include "milter/doctor/checks.h"
#include "policy/source/files/escaped.h"

namespace relay::doctor {

Findings check_configuration(const Machine& machine) {
    Findings findings;
    for (const auto& fault : machine.config_errors)
        findings.push_back(error(fault.message(),
                                 "a daemon that starts now does not take the file, and one that runs keeps the old",
                                 "edit " + escaped(machine.config_file) + ", then: milter-relay check-config"));
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

}  // namespace relay::doctor
