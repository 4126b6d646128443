// Each word that a case may state is one line of kWords; a new one comes with its line in README.md.
#include "tests/decisions/situation.h"

#include <algorithm>
#include <charconv>

namespace decisions {
namespace {

using namespace relay;

std::optional<unsigned> number(std::string_view text) {
    unsigned value = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc{} || stopped != end) return std::nullopt;
    return value;
}

/// "213s"
std::optional<std::chrono::seconds> seconds_in(std::string_view text) {
    if (!text.ends_with('s')) return std::nullopt;
    const auto value = number(text.substr(0, text.size() - 1));
    if (!value) return std::nullopt;
    return std::chrono::seconds{*value};
}

template <class T>
bool set(T& where, const std::optional<T>& value) {
    if (value) where = *value;
    return value.has_value();
}

std::vector<std::string> words_in(std::string_view text) {
    std::vector<std::string> words;
    for (auto word = take_word(text); !word.empty(); word = take_word(text))
        if (word != "none") words.emplace_back(word);
    return words;
}

bool set_networks(std::vector<Network>& where, std::string_view value) {
    where.clear();
    for (const std::string& word : words_in(value)) {
        const auto network = Network::parse(word);
        if (!network) return false;
        where.push_back(*network);
    }
    return true;
}

bool set_client(Envelope& envelope, std::string_view value) {
    envelope.client = Address::parse(value);
    envelope.local_submission = value == "local";
    return envelope.client || value == "local" || value == "unknown";
}

bool set_auth(Envelope& envelope, std::string_view value) {
    envelope.auth.reset();
    if (value != "none") envelope.auth = Authentication{std::string{value}, {}, "PLAIN", 0};
    return true;
}

bool set_tls(Envelope& envelope, std::string_view value) {
    const auto bits = number(value);
    envelope.tls.reset();
    if (bits) envelope.tls = Tls{"TLSv1.3", *bits, "NO"};
    return bits || value == "none";
}

bool set_wiring(Envelope& envelope, std::string_view value) {
    if (value == "plain") envelope.sendmail.reset();
    return value == "plain" || value == "feature";
}

bool set_layout(Layout& layout, std::string_view value) {
    if (value == "timestamp") layout = Layout::timestamp;
    else if (value == "expiry") layout = Layout::expiry;
    else if (value == "presence") layout = Layout::presence;
    else return false;
    return true;
}

/// "failed WHY", or what `found` makes of any other value.
template <class T, class Found>
bool set_answer(std::optional<Lookup<T>>& answer, std::string_view value, Found found) {
    std::string_view rest = value;
    const std::string_view word = take_word(rest);
    if (word == "failed") answer = Failed{std::string{rest}};
    else if (std::optional<Lookup<T>> understood = found(value)) answer = std::move(understood);
    else return false;
    return true;
}

/// "listed", "unlisted", "failed WHY"
bool set_listed(std::optional<Lookup<Listed>>& listed, std::string_view value) {
    return set_answer(listed, value, [](std::string_view word) -> std::optional<Lookup<Listed>> {
        if (word == "listed") return Listed{};
        if (word == "unlisted") return Absent{};
        return std::nullopt;
    });
}

/// "alice bob", "none", "failed WHY"
bool set_logins(std::optional<Lookup<ListedLogins>>& listed, std::string_view value) {
    return set_answer(listed, value, [](std::string_view words) -> std::optional<Lookup<ListedLogins>> {
        if (words == "none") return Absent{};
        return ListedLogins{words_in(words)};
    });
}

/// "alice bob", "anyone", "nobody", "unknown", "failed WHY"
bool set_owners(std::optional<Lookup<Owners>>& owners, std::string_view value) {
    return set_answer(owners, value, [](std::string_view words) -> std::optional<Lookup<Owners>> {
        if (words == "unknown") return Absent{};
        if (words == "anyone") return Owners{{}, true};
        if (words == "nobody") return Owners{};
        return Owners{words_in(words), false};
    });
}

std::optional<Action> action_named(std::string_view word) {
    if (word == "log") return Action::permit;
    if (word == "refuse") return Action::refuse;
    if (word == "defer") return Action::defer;
    return std::nullopt;
}

/// "defer 60s", "refuse 60s", "log 60s", "released", "failed WHY"
bool set_brake(std::optional<Lookup<Braked>>& brake, std::string_view value) {
    return set_answer(brake, value, [](std::string_view words) -> std::optional<Lookup<Braked>> {
        if (words == "released") return Absent{};
        const auto action = action_named(take_word(words));
        const auto left = seconds_in(words);
        if (!action || !left) return std::nullopt;
        return Braked{*action, *left, "6 networks"};
    });
}

/// "recipients defer 60s", "messages refuse 0s [monitor]", "within", "failed WHY"
bool set_limits(std::optional<Lookup<OverLimits>>& limits, std::string_view value) {
    return set_answer(limits, value, [](std::string_view words) -> std::optional<Lookup<OverLimits>> {
        if (words == "within") return Absent{};
        const std::string_view count = take_word(words);
        const auto action = action_named(take_word(words));
        const auto wait = seconds_in(take_word(words));
        if ((count != "recipients" && count != "messages") || !action || !wait || (!words.empty() && words != "monitor"))
            return std::nullopt;
        const Mode mode = words.empty() ? Mode::enforce : Mode::monitor;
        return OverLimits{{{"hourly", *action, *wait, count == "recipients", mode}}};
    });
}

/// "213s ago", "in 60s"
std::optional<std::chrono::sys_seconds> time_in(std::string_view text) {
    const bool ahead = text.starts_with("in ");
    if (ahead) take_word(text);
    const auto span = seconds_in(take_word(text));
    if (!span || text != (ahead ? "" : "ago")) return std::nullopt;
    return ahead ? kNow + *span : kNow - *span;
}

/// "alice 5s ago"
std::optional<Login> login_in(std::string_view text) {
    const std::string name{take_word(text)};
    const auto at = time_in(text);
    if (!at || name == "in") return std::nullopt;
    return Login{*at, name};
}

/// "alice 5s ago; bob 10s ago", newest first
std::optional<Lookup<LoginRecord>> logins_in(std::string_view text, Layout layout) {
    LoginRecord record{layout, {}, {}};
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(';'), text.size());
        const auto login = login_in(trimmed(text.substr(0, end)));
        if (!login) return std::nullopt;
        record.logins.push_back(*login);
        text = trimmed(text.substr(std::min(end + 1, text.size())));
    }
    record.at = record.logins.front().at;
    return record;
}

bool set_login(Situation& s, std::string_view value) {
    return set_answer(s.answers.login, value, [&](std::string_view words) -> std::optional<Lookup<LoginRecord>> {
        if (words == "none") return Absent{};
        if (words == "present") return LoginRecord{s.layout, {}, {}};
        if (const auto unnamed = time_in(words)) return LoginRecord{s.layout, *unnamed, {}};
        return logins_in(words, s.layout);
    });
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

struct Word {
    std::string_view word;
    bool (*apply)(Situation&, std::string_view value);
};

// Applied in this order: what completes another word stands after it.
constexpr Word kWords[] = {
    {"client", [](Situation& s, std::string_view v) { return set_client(s.envelope, v); }},
    {"auth", [](Situation& s, std::string_view v) { return set_auth(s.envelope, v); }},
    {"mechanism", [](Situation& s, std::string_view v) { if (s.envelope.auth) s.envelope.auth->mechanism = v; return true; }},
    {"ssf", [](Situation& s, std::string_view v) {
        const auto bits = number(v);
        if (s.envelope.auth) s.envelope.auth->ssf = bits.value_or(0);
        return bits.has_value();
    }},
    {"tls", [](Situation& s, std::string_view v) { return set_tls(s.envelope, v); }},
    {"from", [](Situation& s, std::string_view v) { s.envelope.reverse_path = parse_path(v); return true; }},
    {"to", [](Situation& s, std::string_view v) { s.envelope.forward_path = parse_path(v); return true; }},
    {"mailer", [](Situation& s, std::string_view v) { s.envelope.rcpt_mailer = v; return true; }},
    {"dest", [](Situation& s, std::string_view v) { return set(s.envelope.sendmail->destination, destination_named(v)); }},
    {"relay-client", [](Situation& s, std::string_view v) { return set(s.envelope.sendmail->client, relay_client_named(v)); }},
    {"wiring", [](Situation& s, std::string_view v) { return set_wiring(s.envelope, v); }},
    {"policy", [](Situation& s, std::string_view v) { s.envelope.methods = methods_named(v); return s.envelope.methods.has_value(); }},
    {"domain", [](Situation& s, std::string_view v) { return set_listed(s.answers.our_domain, v); }},
    {"layout", [](Situation& s, std::string_view v) { return set_layout(s.layout, v); }},
    {"login", [](Situation& s, std::string_view v) { return set_login(s, v); }},
    {"disabled", [](Situation& s, std::string_view v) { return set_listed(s.answers.disabled, v); }},
    {"pop-disabled", [](Situation& s, std::string_view v) { return set_logins(s.answers.pop_disabled, v); }},
    {"pop-retired", [](Situation& s, std::string_view v) { return set_logins(s.answers.pop_retired, v); }},
    {"owners", [](Situation& s, std::string_view v) { return set_owners(s.answers.sender, v); }},
    {"sender-domain", [](Situation& s, std::string_view v) { return set_listed(s.answers.sender_domain, v); }},
    {"brake", [](Situation& s, std::string_view v) { return set_brake(s.answers.brake, v); }},
    {"limits", [](Situation& s, std::string_view v) { return set_limits(s.answers.limits, v); }},
    {"recipients-before", [](Situation& s, std::string_view v) { return set(s.envelope.recipients_before, number(v)); }},
    {"host", [](Situation& s, std::string_view v) { s.envelope.host_name = v; return true; }},
    {"configured-disabled", [](Situation& s, std::string_view v) { return set_file(s.settings.account.disabled, v); }},
    {"configured-account-mode", [](Situation& s, std::string_view v) { return set(s.settings.account.mode, mode_named(v)); }},
    {"configured-sender", [](Situation& s, std::string_view v) { return set_sender_check(s.settings.sender, v); }},
    {"configured-sender-mode", [](Situation& s, std::string_view v) { return set(s.settings.sender.mode, mode_named(v)); }},
    {"configured-delimiter", [](Situation& s, std::string_view v) { s.settings.sender.recipient_delimiter = v.front(); return v.size() == 1; }},
    {"configured-case", [](Situation& s, std::string_view v) { s.settings.sender.local_part_case = v == "counts"; return v == "counts" || v == "ignored"; }},
    {"configured-guard", [](Situation& s, std::string_view v) { s.settings.guard.on = v == "on"; return v == "on" || v == "off"; }},
    {"configured-guard-mode", [](Situation& s, std::string_view v) { return set(s.settings.guard.mode, mode_named(v)); }},
    {"configured-limits", [](Situation& s, std::string_view v) {
        if (v == "on") s.settings.limits.resize(1);
        return v == "on" || v == "off";
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

bool is_word(std::string_view word) {
    return std::any_of(std::begin(kWords), std::end(kWords), [word](const Word& known) { return known.word == word; });
}

}  // namespace

Situation::Situation() {
    envelope.client = Address::parse("198.51.100.7");
    envelope.reverse_path = parse_path("<someone@away.example>");
    envelope.forward_path = parse_path("<friend@far.example>");
    envelope.rcpt_mailer = "esmtp";
    envelope.sendmail = SendmailSays{};
    answers = {Absent{}, Absent{}, Absent{}, Absent{}, Absent{}, Absent{}, Absent{}, Absent{}, Absent{}};
}

std::optional<Situation> situation_of(const Case& stated, Report& report) {
    Situation situation;
    bool understood = true;
    for (const auto& [word, fact] : stated.facts) {
        if (is_word(word)) continue;
        report.add(fact.line, "unknown word " + quoted(word) + "; README.md lists the known ones");
        understood = false;
    }
    for (const Word& known : kWords) {
        const auto fact = stated.facts.find(std::string{known.word});
        if (fact == stated.facts.end() || known.apply(situation, fact->second.value)) continue;
        report.add(fact->second.line, fact->first + ": " + quoted(fact->second.value) + " is not understood");
        understood = false;
    }
    if (!understood) return std::nullopt;
    return situation;
}

}  // namespace decisions
