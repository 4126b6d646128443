// What is configured.
#include "tests/decisions/words.h"

namespace decisions {
namespace {

using namespace relay;

bool set_networks(std::vector<Network>& where, std::string_view value) {
    where.clear();
    for (const std::string& word : words_in(value)) {
        const auto network = Network::parse(word);
        if (!network) return false;
        where.push_back(*network);
    }
    return true;
}

bool set_sender_check(SenderSettings& sender, std::string_view value) {
    if (value == "off") sender.check = SenderCheck::off;
    else if (value == "known") sender.check = SenderCheck::known;
    else if (value == "strict") sender.check = SenderCheck::strict;
    else if (value == "self") sender.check = SenderCheck::self;
    else return false;
    return true;
}

/// "2001-09-08"
bool set_until(std::optional<std::chrono::sys_days>& until, std::string_view value) {
    if (value.size() != 10) return false;
    const auto year = number(value.substr(0, 4)), month = number(value.substr(5, 2)), day = number(value.substr(8));
    if (!year || !month || !day) return false;
    until = std::chrono::sys_days{std::chrono::year{static_cast<int>(*year)} / static_cast<int>(*month) / static_cast<int>(*day)};
    return true;
}

/// The one section that a case has: [domain."customers.example"].
DomainSettings& domain_section(Situation& s) {
    if (s.settings.domains.empty()) s.settings.domains.push_back({"customers.example", {}, 0, false, Mode::enforce});
    return s.settings.domains.front();
}

/// "on" of a section that only a file's or map's name switches on.
bool set_file(std::string& file, std::string_view value) {
    file = value == "on" ? "/etc/mail/list" : "";
    return value == "on" || value == "off";
}

constexpr Word kWords[] = {
    {"configured-disabled", [](Situation& s, std::string_view v) { return set_file(s.settings.account.disabled, v); }},
    {"configured-account-mode", [](Situation& s, std::string_view v) { return set(s.settings.account.mode, mode_named(v)); }},
    {"configured-sender", [](Situation& s, std::string_view v) { return set_sender_check(s.settings.sender, v); }},
    {"configured-sender-mode", [](Situation& s, std::string_view v) { return set(s.settings.sender.mode, mode_named(v)); }},
    {"configured-delimiter", [](Situation& s, std::string_view v) { s.settings.sender.recipient_delimiter = v.front(); return v.size() == 1; }},
    {"configured-case", [](Situation& s, std::string_view v) { s.settings.sender.local_part_case = v == "counts"; return v == "counts" || v == "ignored"; }},
    {"configured-guard", [](Situation& s, std::string_view v) { s.settings.guard.on = v == "on"; return v == "on" || v == "off"; }},
    {"configured-guard-mode", [](Situation& s, std::string_view v) { return set(s.settings.guard.mode, mode_named(v)); }},
    {"configured-limits", [](Situation& s, std::string_view v) {
        if (v != "off") s.settings.limits.resize(1);
        for (LimitSettings& limit : s.settings.limits) {
            limit.name = "hourly";  // As the limit of the word "limits".
            limit.per = v == "by-client" ? LimitPer::client : LimitPer::login;
        }
        return v == "on" || v == "by-client" || v == "off";
    }},
    {"configured-on-failure", [](Situation& s, std::string_view v) {
        s.settings.limit_store.on_failure = v == "defer" ? Action::defer : Action::permit;
        return v == "permit" || v == "defer";
    }},
    {"configured-max-logins", [](Situation& s, std::string_view v) { return set(s.settings.pop.max_logins, number(v)); }},
    {"configured-never", [](Situation& s, std::string_view v) { s.settings.pop.never.emplace(); return set_networks(*s.settings.pop.never, v); }},
    {"configured-until", [](Situation& s, std::string_view v) { return set_until(s.settings.pop.until, v); }},
    {"configured-not-for", [](Situation& s, std::string_view v) { return set_file(s.settings.pop.not_for, v); }},
    {"configured-pop-mode", [](Situation& s, std::string_view v) { return set(s.settings.pop.mode, mode_named(v)); }},
    {"domain-policy", [](Situation& s, std::string_view v) { domain_section(s).methods = methods_named(v); return methods_named(v).has_value(); }},
    {"domain-max-recipients", [](Situation& s, std::string_view v) { return set(domain_section(s).max_recipients, number(v)); }},
    {"domain-disabled", [](Situation& s, std::string_view v) { domain_section(s).disabled = v == "yes"; return v == "yes" || v == "no"; }},
    {"domain-mode", [](Situation& s, std::string_view v) { return set(domain_section(s).mode, mode_named(v)); }},
    {"configured-mode", [](Situation& s, std::string_view v) { return set(s.settings.mode, mode_named(v)); }},
    {"configured-policy", [](Situation& s, std::string_view v) { return set(s.settings.methods, methods_named(v)); }},
    {"configured-window", [](Situation& s, std::string_view v) { return set(s.settings.pop.window, seconds_in(v)); }},
    {"configured-mailers", [](Situation& s, std::string_view v) { s.settings.local_mailers = words_in(v); return true; }},
    {"configured-networks", [](Situation& s, std::string_view v) { return set_networks(s.settings.trusted_networks, v); }},
    {"configured-mechanisms", [](Situation& s, std::string_view v) { s.settings.auth.mechanisms = words_in(v); return true; }},
    {"configured-plaintext", [](Situation& s, std::string_view v) {
        s.settings.auth.plaintext_needs_tls = v == "needs-tls";
        return v == "needs-tls" || v == "anywhere";
    }},
    {"configured-exempt", [](Situation& s, std::string_view v) { return set_networks(s.settings.auth.plaintext_exempt, v); }},
    {"configured-min-ssf", [](Situation& s, std::string_view v) { return set(s.settings.auth.min_ssf, number(v)); }},
};

}  // namespace

std::span<const Word> setting_words() { return kWords; }

}  // namespace decisions
