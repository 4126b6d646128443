#include "milter/doctor/sasl_mechanisms.h"

#include <fmt/format.h>

#include "milter/doctor/checks.h"
#include "milter/doctor/words.h"

namespace relay::doctor {
namespace {

/// Challenge and response: the server needs the password itself, not only somebody who checks it.
bool needs_stored_password(const std::string& mechanism) {
    return mechanism.ends_with("-MD5") || mechanism.starts_with("SCRAM-");
}

Finding none_possible(const Words& installed, const Words& offered) {
    return error("libsasl2 has none of those that sendmail offers: " + joined(offered), "clients see no AUTH",
                 fmt::format("define(`confAUTH_MECHANISMS', `{}')dnl in sendmail.mc{}; or apt install libsasl2-modules",
                             joined(installed), kRebuild));
}

Findings without_stored_password(const SaslServer& server, const Words& possible) {
    const auto method = server.option("pwcheck_method").value_or("auxprop");
    Words lost;
    for (const auto& mechanism : possible)
        if (needs_stored_password(mechanism)) lost.push_back(mechanism);
    if (lost.empty() || method.find("auxprop") != method.npos) return {};
    return {warning(fmt::format("{} is offered, and pwcheck_method is {}", joined(lost), escaped(method)),
                    "these need the password itself, which is not there: programs that prefer them cannot log in",
                    "mech_list: PLAIN LOGIN in " + escaped(server.config_file()))};
}

/// Possible, and of no use to who logs in by it.
Findings not_counted(const Words& possible, const Machine& machine) {
    Findings findings;
    const auto trusted = machine.cf->words_of("TrustAuthMech");
    if (const auto useless = without(possible, trusted); !useless.empty() && useless != possible)
        findings.push_back(
            warning("sendmail offers and does not trust: " + joined(useless),
                    "who logs in by one of them may not relay, and wonders why",
                    fmt::format("TRUST_AUTH_MECH(`{}')dnl in sendmail.mc{}", joined(possible), kRebuild)));
    const auto& ours = machine.settings.auth.mechanisms;
    if (const auto refused = without(both(possible, trusted), ours); !ours.empty() && !refused.empty())
        findings.push_back(warning("sendmail offers, and [auth] mechanisms does not count: " + joined(refused),
                                   "who logs in by one of them is refused with 550 5.7.11",
                                   "add them to [auth] mechanisms in " + escaped(machine.config_file) +
                                       ", or take them out of confAUTH_MECHANISMS"));
    if (const auto absent = without(ours, possible); !absent.empty())
        findings.push_back(warning("[auth] mechanisms names what no client can use: " + joined(absent),
                                   "it permits nobody", "take it out of " + escaped(machine.config_file)));
    return findings;
}

void append(Findings& all, Findings more) {
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

Findings judge_mechanisms(const SaslServer& server, const Machine& machine) {
    const auto installed = server.mechanisms();
    if (installed.empty()) {
        const auto file = server.config_file().empty() ? "Sendmail.conf" : escaped(server.config_file());
        return {error("libsasl2 has no mechanism", "sendmail offers no AUTH at all",
                      "apt install libsasl2-modules; and look at mech_list in " + file)};
    }
    Findings findings{ok("libsasl2 has " + joined(installed))};
    if (!machine.cf) return findings;
    const auto offered = offered_mechanisms(*machine.cf);
    const auto possible = both(offered, installed);
    if (possible.empty()) {
        findings.push_back(none_possible(installed, offered));
        return findings;
    }
    findings.push_back(ok("clients see AUTH " + joined(possible) + " (under TLS)"));
    append(findings, without_stored_password(server, possible));
    append(findings, not_counted(possible, machine));
    return findings;
}

}  // namespace relay::doctor
