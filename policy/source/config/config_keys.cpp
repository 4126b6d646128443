#include "policy/source/config/config_keys.h"

#include "policy/ascii.h"
#include "policy/source/config/config_accounts.h"
#include "policy/source/config/config_limits.h"
#include "policy/source/config/config_names.h"
#include "policy/source/config/config_redis.h"
#include "policy/source/config/config_values.h"
#include "policy/source/config/listen_address.h"
#include "policy/source/config/socket_name.h"

namespace relay {
namespace {

// --- A string as what it stands for

Parsed<std::string> parse_socket(const std::string& text) {
    std::string problem = socket_problem(text);
    if (!problem.empty()) return Problem{"is no socket: " + problem};
    return text;
}

/// Empty turns it off.
Parsed<std::string> parse_control(const std::string& text) {
    if (text.empty()) return text;
    if (const std::string problem = socket_problem("local:" + text); !problem.empty()) return Problem{"is no socket: " + problem};
    return text;
}

/// Empty turns it off.
Parsed<std::string> parse_listen(const std::string& text) {
    if (text.empty()) return text;
    const auto address = parse_listen_address(text);
    if (const auto* none = std::get_if<NoListenAddress>(&address)) return Problem{none->problem};
    return text;
}

Parsed<std::string> parse_argument(const std::string& text) {
    if (text.find('\0') != std::string::npos) return Problem{"has a NUL byte"};
    return text;
}

Parsed<std::string> parse_user(const std::string& text) {
    if (text.empty() || text.size() > 32 || text.front() == '-' || !all_of(text, "._-$"))
        return Problem{"is no name of a user"};
    return text;
}

/// RFC 4422 3.1, but lower case is taken and made upper case.
Parsed<std::string> parse_mechanism(const std::string& text) {
    if (text.empty() || text.size() > 20 || !all_of(text, "-_")) return Problem{"is no name of a SASL mechanism, as PLAIN"};
    if (same_without_case(text, "ANONYMOUS")) return Problem{"would let everybody relay"};
    std::string upper = text;
    for (char& c : upper)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return upper;
}

Parsed<std::string> parse_mailer(const std::string& text) {
    if (text.empty() || !all_of(text, "._-+")) return Problem{"is no name of a mailer, as local"};
    return text;
}

Parsed<Network> parse_trusted(const std::string& text) {
    auto network = parse_network(text);
    if (const Network* parsed = std::get_if<Network>(&network); parsed && parsed->bits() == 0)
        return Problem{"would let everybody relay"};
    return network;
}

Parsed<Layout> parse_layout(const std::string& text) {
    if (text == "timestamp") return Layout::timestamp;
    if (text == "expiry") return Layout::expiry;
    if (text == "presence") return Layout::presence;
    return unknown_word(text, {"timestamp", "expiry", "presence"});
}

void read_command(const ConfigValue& value, Settings& settings, const Complain& complain) {
    if (!expect(ConfigValue::Type::list, "a list of words, [\"/PATH\", ...]", value, complain)) return;
    settings.alert.command.clear();
    for (const ConfigValue& element : value.list) {
        Parsed<std::string> (*parse)(const std::string&) = parse_argument;
        if (&element == &value.list.front()) parse = parse_path;
        if (auto word = parse_element(element, complain, parse)) settings.alert.command.push_back(*std::move(word));
    }
}

void read_control(const ConfigValue& value, Settings& settings, const Complain& complain) {
    if (auto path = parse_element(value, complain, parse_control)) settings.control = *std::move(path);
}

/// Zero as well: without an end.
Parsed<std::chrono::seconds> parse_hold(const std::string& text) {
    if (text == "0") return std::chrono::seconds{0};
    return parse_window(text);
}

using V = const ConfigValue&;
using S = Settings&;
using C = const Complain&;

constexpr ConfigKey kKeys[] = {
    {"socket", [](V v, S s, C c) { read_text(v, s.socket, c, parse_socket); }},
    {"user", [](V v, S s, C c) { read_text(v, s.user, c, parse_user); }},
    {"mode", [](V v, S s, C c) { read_text(v, s.mode, c, parse_mode); }},
    {"policy", [](V v, S s, C c) { read_text(v, s.methods, c, parse_methods); }},
    {"local_mailers", [](V v, S s, C c) { read_list(v, s.local_mailers, c, parse_mailer); }},
    {"trusted_networks", [](V v, S s, C c) { read_list(v, s.trusted_networks, c, parse_trusted); }},
    {"destinations.local_host_names", [](V v, S s, C c) { read_text(v, s.destinations.local_host_names, c, parse_path); }},
    {"destinations.relay_domains", [](V v, S s, C c) { read_text(v, s.destinations.relay_domains, c, parse_path); }},
    {"destinations.domains", [](V v, S s, C c) { read_list(v, s.destinations.domains, c, parse_domain); }},
    {"pop.database", read_database},
    {"pop.layout", [](V v, S s, C c) { read_text(v, s.pop.layout, c, parse_layout); }},
    {"pop.window", [](V v, S s, C c) { read_text(v, s.pop.window, c, parse_window); }},
    {"pop.prefix6", [](V v, S s, C c) { read_number(v, s.pop.prefix6, c, 32, 128); }},
    {"pop.max_logins", [](V v, S s, C c) { read_number(v, s.pop.max_logins, c, 0, kMaxLogins - 1); }},
    {"pop.never", [](V v, S s, C c) { read_list(v, s.pop.never.emplace(), c, parse_network); }},
    {"pop.until", [](V v, S s, C c) {
        if (expect(ConfigValue::Type::date, "a date, as 2027-06-30", v, c)) s.pop.until = v.date;
    }},
    {"pop.not_for", [](V v, S s, C c) { read_text(v, s.pop.not_for, c, parse_path); }},
    {"pop.mode", [](V v, S s, C c) { read_text(v, s.pop.mode, c, parse_mode); }},
    {"auth.mechanisms", [](V v, S s, C c) { read_list(v, s.auth.mechanisms, c, parse_mechanism); }},
    {"auth.plaintext_needs_tls", [](V v, S s, C c) { read_flag(v, s.auth.plaintext_needs_tls, c); }},
    {"auth.plaintext_exempt", [](V v, S s, C c) { read_list(v, s.auth.plaintext_exempt, c, parse_network); }},
    {"state", [](V v, S s, C c) { read_text(v, s.state, c, parse_path); }},
    {"control", read_control},
    {"limit", read_limits},
    {"limits.store", read_limit_store},
    {"limits.on_failure", read_on_failure},
    {"guard.networks", [](V v, S s, C c) { read_number(v, s.guard.networks, c, 0, GuardSettings::kMostNetworks); }},
    {"guard.refusals", [](V v, S s, C c) { read_number(v, s.guard.refusals, c, 0, GuardSettings::kMostEvents); }},
    {"guard.limit_hits", [](V v, S s, C c) { read_number(v, s.guard.limit_hits, c, 0, GuardSettings::kMostEvents); }},
    {"guard.within", [](V v, S s, C c) { read_text(v, s.guard.within, c, parse_window); }},
    {"guard.hold", [](V v, S s, C c) { read_text(v, s.guard.hold, c, parse_hold); }},
    {"guard.action", [](V v, S s, C c) { read_text(v, s.guard.action, c, parse_limit_action); }},
    {"guard.mode", [](V v, S s, C c) { read_text(v, s.guard.mode, c, parse_mode); }},
    {"alert.command", read_command},
    {"alert.quiet", [](V v, S s, C c) { read_text(v, s.alert.quiet, c, parse_window); }},
    {"alert.timeout", [](V v, S s, C c) { read_text(v, s.alert.timeout, c, parse_window); }},
    {"alert.at_most", [](V v, S s, C c) { read_number(v, s.alert.at_most, c, 1, 32); }},
    {"auth.min_ssf", [](V v, S s, C c) { read_number(v, s.auth.min_ssf, c, 0, 256); }},
    {"account.disabled", [](V v, S s, C c) { read_text(v, s.account.disabled, c, parse_path); }},
    {"account.mode", [](V v, S s, C c) { read_text(v, s.account.mode, c, parse_mode); }},
    {"sender.map", [](V v, S s, C c) { read_text(v, s.sender.map, c, parse_path); }},
    {"sender.mode", read_sender_mode},
    {"sender.recipient_delimiter", read_delimiter},
    {"sender.local_part_case", [](V v, S s, C c) { read_flag(v, s.sender.local_part_case, c); }},
    {"redis.user", [](V v, S s, C c) { read_redis_user(v, s.redis.user, c); }},
    {"redis.password_file", [](V v, S s, C c) { read_text(v, s.redis.password_file, c, parse_path); }},
    {"redis.sentinel_user", [](V v, S s, C c) { read_redis_user(v, s.redis.sentinel_user, c); }},
    {"redis.sentinel_password_file", [](V v, S s, C c) { read_text(v, s.redis.sentinel_password_file, c, parse_path); }},
    {"redis.ca_file", [](V v, S s, C c) { read_text(v, s.redis.ca_file, c, parse_path); }},
    {"redis.certificate_file", [](V v, S s, C c) { read_text(v, s.redis.certificate_file, c, parse_path); }},
    {"redis.key_file", [](V v, S s, C c) { read_text(v, s.redis.key_file, c, parse_path); }},
    {"redis.deadline", read_deadline},
    {"redis.queue", [](V v, S s, C c) { read_text(v, s.redis.queue, c, parse_path); }},
    {"metrics.listen", [](V v, S s, C c) { read_text(v, s.metrics.listen, c, parse_listen); }},
    {"domain", read_domains},
    {"reply", read_replies},
};

}  // namespace

std::span<const ConfigKey> config_keys() {
    return kKeys;
}

}  // namespace relay
