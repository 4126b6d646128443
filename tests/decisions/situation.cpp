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

bool set_domain(Lookup<Listed>& domain, std::string_view value) {
    const std::string_view word = take_word(value);
    if (word == "listed") domain = Listed{};
    else if (word == "unlisted") domain = Absent{};
    else if (word == "failed") domain = Failed{std::string{value}};
    else return false;
    return true;
}

/// "213s ago", "in 60s"
std::optional<std::chrono::sys_seconds> time_in(std::string_view text) {
    const bool ahead = text.starts_with("in ");
    if (ahead) take_word(text);
    const auto span = seconds_in(take_word(text));
    if (!span || text != (ahead ? "" : "ago")) return std::nullopt;
    return ahead ? kNow + *span : kNow - *span;
}

bool set_login(Situation& s, std::string_view value) {
    std::string_view rest = value;
    const std::string_view word = take_word(rest);
    if (value == "none") s.login = Absent{};
    else if (word == "failed") s.login = Failed{std::string{rest}};
    else if (value == "present") s.login = LoginRecord{s.layout, {}, {}};
    else if (const auto unnamed = time_in(value)) s.login = LoginRecord{s.layout, *unnamed, {}};
    else if (const auto named = time_in(rest); named && word != "in") s.login = LoginRecord{s.layout, *named, {{*named, std::string{word}}}};
    else return false;
    return true;
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
    {"domain", [](Situation& s, std::string_view v) { return set_domain(s.domain, v); }},
    {"layout", [](Situation& s, std::string_view v) { return set_layout(s.layout, v); }},
    {"login", [](Situation& s, std::string_view v) { return set_login(s, v); }},
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
