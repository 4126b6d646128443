// sendmail.cf: are the feature's rules really called, and does anything else open relaying?
#include <fmt/format.h>

#include <algorithm>

#include "milter/doctor/checks.h"
#include "milter/doctor/words.h"
#include "milter/sendmail/cf_lines.h"
#include "policy/source/files/escaped.h"

namespace relay::doctor {
namespace {

/// By the line that each FEATURE leaves.
bool uses_feature(const SendmailCf& cf, std::string_view name) {
    const auto file = std::string{name} + ".m4";
    return std::any_of(cf.version_ids.begin(), cf.version_ids.end(),
                       [&](const auto& id) { return id.find(file) != id.npos; });
}

struct OpenFeature {
    const char* name;
    Level level;
    const char* why;
};

constexpr OpenFeature kOpenFeatures[] = {
    {"promiscuous_relay", Level::error, "every stranger may relay"},
    {"relay_local_from", Level::error, "everyone may relay who claims a sender of this host"},
    {"relay_mail_from", Level::error, "everyone may relay who claims a sender that is listed with RELAY"},
    {"loose_relay_check", Level::warning, "everyone may relay with user%site@host"},
    {"relay_based_on_MX", Level::warning, "whoever has a DNS zone can name this host as its MX, and relay to it"},
};

/// "$#" and a word that lets the recipient in: $#OK and $#RELAY, not $#error, $#discard and $#TEMP.
bool lets_in(const CfRule& rule) {
    const auto at = rule.right.find("$#");
    if (at == std::string::npos) return false;
    const auto word = trimmed(std::string_view{rule.right}.substr(at + 2));
    // "$#$2" gives back what another ruleset said
    return !word.starts_with("error") && !word.starts_with("discard") && !word.starts_with("TEMP") &&
           !word.starts_with('$');
}

bool takes_everything(const CfRule& rule) { return rule.left == "$*" || rule.left == "$+" || rule.left == "$@"; }

Finding opening_rule(const CfRuleset& site, const CfRule& rule) {
    const bool is_first = &rule == &site.rules.front();
    const bool is_open = is_first && takes_everything(rule);
    return {
        is_open ? Level::error : Level::warning,
        fmt::format("{} lets recipients in: line {}: R{}  {}", escaped(site.name), rule.line, escaped(rule.left),
                    escaped(rule.right)),
        is_open ? "every stranger may relay" : "whoever the rule takes may relay, whatever milter-relay knows of him",
        std::string{
            "take the rule out of LOCAL_RULESETS if it is an old POP-before-SMTP rule (milter-relay does that)"} +
            kRebuild};
}

Finding not_called(std::string_view ruleset) {
    return error(
        fmt::format("ruleset {} is there and nothing calls it", ruleset),
        "milter-relay is not told what it needs; sendmail refuses by its own rules or a rule was written over",
        std::string{
            "look for Local_check_rcpt, Basic_check_rcpt, RelayTLS or Local_Relay_Auth as words in sendmail.mc"} +
            kRebuild);
}

}  // namespace

Findings check_rulesets_called(const Machine& machine) {
    if (!machine.cf) return {};
    if (!machine.has_feature())
        return {warning(
            "FEATURE(milter_relay) is not in sendmail.cf: plain wiring",
            "sendmail's own refusals stay, so that POP before SMTP opens no door; the milter can only refuse more",
            std::string{"FEATURE(`milter_relay')dnl in place of the INPUT_MAIL_FILTER in sendmail.mc"} + kRebuild)};
    const auto called = machine.cf->reachable_from("check_rcpt");
    Findings findings;
    for (const char* ruleset : {"MilterRelay_site", "MilterRelay_check", "MilterRelay_tls", "MilterRelay_auth"})
        if (std::find(called.begin(), called.end(), ruleset) == called.end()) findings.push_back(not_called(ruleset));
    const auto* note = machine.cf->map("milter_relay_note");
    if (!note || note->type != "macro")
        findings.push_back(error("there is no map milter_relay_note of type macro", "milter-relay is told nothing",
                                 std::string{"FEATURE(`milter_relay')dnl in sendmail.mc"} + kRebuild));
    if (findings.empty()) findings.push_back(ok("check_rcpt calls all rulesets of FEATURE(milter_relay)"));
    return findings;
}

Findings check_open_relay(const Machine& machine) {
    if (!machine.cf) return {};
    Findings findings;
    for (const auto& feature : kOpenFeatures) {
        if (!uses_feature(*machine.cf, feature.name)) continue;
        findings.push_back({feature.level, fmt::format("FEATURE({}) is in sendmail.cf", feature.name), feature.why,
                            fmt::format("take FEATURE(`{}') out of sendmail.mc{}", feature.name, kRebuild)});
    }
    const bool is_open = machine.cf->ruleset("check_rcpt") == nullptr || machine.cf->ruleset("Relay_ok") == nullptr;
    if (is_open && !uses_feature(*machine.cf, "promiscuous_relay"))
        findings.push_back(error("check_rcpt or Relay_ok is not in sendmail.cf",
                                 "nothing keeps strangers from relaying",
                                 "rebuild sendmail.cf from sendmail.mc: sendmailconfig"));
    if (findings.empty()) findings.push_back(ok("no feature that opens relaying"));
    return findings;
}

Findings check_site_rules(const Machine& machine) {
    if (!machine.cf) return {};
    Findings findings;
    for (const char* name : {"Local_check_rcpt", "Local_Relay_Auth", "Local_check_relay"}) {
        const auto* site = machine.cf->ruleset(name);
        if (!site) continue;
        for (const auto& rule : site->rules)
            if (lets_in(rule)) findings.push_back(opening_rule(*site, rule));
    }
    if (findings.empty()) findings.push_back(ok("no rule of the site's own lets strangers in"));
    return findings;
}

Findings check_delay_checks(const Machine& machine) {
    if (!machine.cf) return {};
    const bool asks_lists = uses_feature(*machine.cf, "dnsbl") || uses_feature(*machine.cf, "enhdnsbl");
    if (uses_feature(*machine.cf, "delay_checks"))
        return {ok("delay_checks: users who authenticate are spared block lists")};
    if (!asks_lists) return {ok("no delay_checks, and no block lists that would need it")};
    return {warning("block lists are asked before users can authenticate",
                    "a user at home, whose address is listed, is refused although he may relay",
                    std::string{"FEATURE(`delay_checks')dnl in sendmail.mc"} + kRebuild)};
}

}  // namespace relay::doctor
