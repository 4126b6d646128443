#include "milter/explain_facts.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "policy/source/files/escaped.h"
#include "policy/verdict.h"

namespace relay {
namespace {

using Value = std::optional<std::string>;

[[noreturn]] void reject(const char* option, std::string_view value, const char* wanted) {
    throw BadOption{std::string{option} + " \"" + escaped(value) + "\": " + wanted};
}

bool is_number(std::string_view text, unsigned most) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() && number <= most;
}

/// "local", or as sendmail's {client_addr} says it: empty or "0".
bool is_local(std::string_view client) { return client == "local" || client.empty() || client == "0"; }

void set(ExplainFacts& facts, const char* macro, const Value& value) {
    if (value) facts.macros[macro] = *value;
}

void read_who(const ExplainOptions& options, ExplainFacts& facts) {
    if (is_local(options.client)) facts.client.local_submission = true;
    else if (const auto address = Address::parse(options.client)) facts.client.address = address;
    else reject("--client", options.client, "give an IPv4 or IPv6 address, or \"local\"");
    set(facts, "{client_name}", options.name);
    set(facts, "{client_resolve}", options.resolve);
}

void read_authentication(const ExplainOptions& options, ExplainFacts& facts) {
    if (!options.auth) {
        if (options.mechanism) reject("--mechanism", *options.mechanism, "needs --auth LOGIN");
        if (options.ssf) reject("--ssf", *options.ssf, "needs --auth LOGIN");
        return;
    }
    if (options.auth->empty()) reject("--auth", *options.auth, "give a login");
    if (options.ssf && !is_number(*options.ssf, 65535)) reject("--ssf", *options.ssf, "give a number of bits");
    if (!options.mechanism) facts.notes.push_back("--mechanism is not given; PLAIN is assumed");
    set(facts, "{auth_authen}", options.auth);
    set(facts, "{auth_type}", options.mechanism.value_or("PLAIN"));
    set(facts, "{auth_ssf}", options.ssf.value_or("0"));
}

/// Only a login with a realm is judged by it.
void read_host(const ExplainOptions& options, const std::string& this_host, ExplainFacts& facts) {
    const std::string host = options.host.value_or(this_host);
    if (!host.empty()) facts.macros["j"] = host;
    if (options.host || !options.auth || options.auth->find('@') == std::string::npos) return;
    facts.notes.push_back(host.empty() ? "--host is not given, so that no realm of this host is taken off the login"
                                       : "--host is not given; \"" + escaped(host) + "\" is assumed");
}

void read_tls(const Value& tls, ExplainFacts& facts) {
    if (!tls) return;
    const auto colon = tls->find(':');
    const auto bits = colon == tls->npos ? "256" : tls->substr(colon + 1);
    const auto version = tls->substr(0, colon);
    if (!version.starts_with("TLSv") && !version.starts_with("SSLv"))
        reject("--tls", *tls, "give a version as TLSv1.3, or version and bits as TLSv1.3:256");
    if (!is_number(bits, 65535)) reject("--tls", *tls, "the bits after the colon must be a number");
    facts.macros["{tls_version}"] = version;
    facts.macros["{cipher_bits}"] = bits;
    facts.macros["{verify}"] = "NO";
}

/// What the feature would say of the client if --dest alone is given.
std::string relay_client_of(const ExplainOptions& options) {
    return options.relay_client.value_or(options.auth ? "auth" : "unknown");
}

void read_wiring(const ExplainOptions& options, ExplainFacts& facts) {
    if (options.policy && !methods_named(*options.policy))
        reject("--policy", *options.policy, "give auth+pop, auth-only or pop-only");
    set(facts, "{relay_policy}", options.policy);
    set(facts, "{rcpt_mailer}", options.mailer);
    if (!options.dest && !options.relay_client) {
        facts.notes.push_back(
            "--dest and --relay-client are not given: judged as in plain wiring, without FEATURE(milter_relay)");
        return;
    }
    const auto dest = options.dest.value_or("other");
    const auto client = relay_client_of(options);
    if (!destination_named(dest)) reject("--dest", dest, "give ours, other or temp");
    if (!relay_client_named(client)) reject("--relay-client", client, "give auth, tls, trusted, temp or unknown");
    if (!options.dest) facts.notes.push_back("--dest is not given; \"other\" is assumed");
    if (!options.relay_client) facts.notes.push_back("--relay-client is not given; \"" + client + "\" is assumed");
    set(facts, "{relay_dest}", dest);
    set(facts, "{relay_client}", client);
}

/// "2026-01-31T12:00:00", digit for digit, with or without a Z.
bool has_iso_form(std::string_view text) {
    constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd";
    if (text.ends_with('Z')) text.remove_suffix(1);
    return std::equal(text.begin(), text.end(), form.begin(), form.end(),
                      [](char c, char wanted) { return wanted == 'd' ? c >= '0' && c <= '9' : c == wanted; });
}

std::chrono::sys_seconds parse_iso(const std::string& text) {
    const auto number = [&](std::size_t at, std::size_t size) { return std::stoi(text.substr(at, size)); };
    const auto reject_time = [&] { reject("--at", text, "give seconds since 1970, or UTC as 2026-01-31T12:00:00Z"); };
    if (!has_iso_form(text)) reject_time();
    const std::chrono::year_month_day date{std::chrono::year{number(0, 4)},
                                           std::chrono::month{static_cast<unsigned>(number(5, 2))},
                                           std::chrono::day{static_cast<unsigned>(number(8, 2))}};
    const int hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
    if (!date.ok() || number(0, 4) < 1970 || hour > 23 || minute > 59 || second > 59) reject_time();
    return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
           std::chrono::seconds{second};
}

}  // namespace

std::chrono::sys_seconds parse_time(const std::string& text) {
    constexpr long long most = 253402300799;  // the end of year 9999
    long long seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    const bool is_number = error == std::errc{} && end == text.data() + text.size() && seconds >= 0 && seconds <= most;
    return is_number ? std::chrono::sys_seconds{std::chrono::seconds{seconds}} : parse_iso(text);
}

ExplainFacts facts_of(const ExplainOptions& options, const std::string& this_host) {
    ExplainFacts facts;
    read_who(options, facts);
    read_host(options, this_host, facts);
    read_authentication(options, facts);
    read_tls(options.tls, facts);
    read_wiring(options, facts);
    return facts;
}

MacroGetter getter_of(const std::map<std::string, std::string>& macros) {
    return [&macros](const char* name) -> const char* {
        const auto entry = macros.find(name);
        return entry == macros.end() ? nullptr : entry->second.c_str();
    };
}

}  // namespace relay
