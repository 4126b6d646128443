#include "policy/source/config/config_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <variant>

#include "policy/ascii.h"
#include "policy/source/files/escaped.h"
#include "policy/source/config/socket_name.h"

namespace relay {
namespace {

using Type = ConfigValue::Type;
using std::chrono::seconds;

constexpr seconds kLongestWindow = std::chrono::hours{24 * 366};

std::string quoted(std::string_view text) { return '"' + escaped(text) + '"'; }

bool expect(Type type, const char* what, const ConfigValue& value, const Complain& complain) {
    if (value.type == type) return true;
    complain(value.line, fmt::format("has to be {}, not {}", what, value.type_name));
    return false;
}

// --- A string as what it stands for

struct Problem {
    std::string text;
};

template <class T>
using Parsed = std::variant<T, Problem>;

template <class T>
std::optional<T> parse_element(const ConfigValue& value, const Complain& complain, Parsed<T> (*parse)(const std::string&)) {
    if (!expect(Type::text, "a string in quotes", value, complain)) return std::nullopt;
    Parsed<T> parsed = parse(value.text);
    if (const Problem* problem = std::get_if<Problem>(&parsed)) {
        complain(value.line, quoted(value.text) + ' ' + problem->text);
        return std::nullopt;
    }
    return std::get<T>(std::move(parsed));
}

template <class T>
void read_text(const ConfigValue& value, T& member, const Complain& complain, Parsed<T> (*parse)(const std::string&)) {
    if (auto parsed = parse_element(value, complain, parse)) member = *std::move(parsed);
}

/// Each wrong or repeated element is named.
template <class T>
void read_list(const ConfigValue& value, std::vector<T>& member, const Complain& complain,
               Parsed<T> (*parse)(const std::string&)) {
    if (!expect(Type::list, "a list in [ ]", value, complain)) return;
    member.clear();
    for (const ConfigValue& element : value.list) {
        auto parsed = parse_element(element, complain, parse);
        if (!parsed) continue;
        if (std::find(member.begin(), member.end(), *parsed) != member.end())
            complain(element.line, quoted(element.text) + " is there twice");
        member.push_back(*std::move(parsed));
    }
}

bool all_of(std::string_view text, std::string_view punctuation) {
    return std::all_of(text.begin(), text.end(), [punctuation](char c) {
        const char letter = lower(c);
        return (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || punctuation.find(c) != std::string_view::npos;
    });
}

Parsed<std::string> parse_socket(const std::string& text) {
    std::string problem = socket_problem(text);
    if (!problem.empty()) return Problem{"is no socket: " + problem};
    return text;
}

Parsed<std::string> parse_path(const std::string& text) {
    if (!text.starts_with('/') || text.find('\0') != std::string::npos) return Problem{"has to be a path that begins with /"};
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

Parsed<std::string> parse_domain(const std::string& text) {
    std::string domain = text;
    if (domain.ends_with('.')) domain.pop_back();
    for (char& c : domain) c = lower(c);
    const bool labels = !domain.empty() && domain.size() <= 253 && domain.front() != '.' && domain.find("..") == std::string::npos;
    if (!labels || !all_of(domain, ".-_")) return Problem{"is no domain, as example.com"};
    return domain;
}

Parsed<Network> parse_network(const std::string& text) {
    const auto network = Network::parse(text);
    if (network) return *network;
    const auto address = Address::parse(text.substr(0, text.find('/')));
    if (!address) return Problem{"is no network, as 192.0.2.0/24 or 2001:db8::/32"};
    return Problem{"is no network: the bits after / have to be a number that fits, and the address zero behind them"};
}

Parsed<Network> parse_trusted(const std::string& text) {
    auto network = parse_network(text);
    if (const Network* parsed = std::get_if<Network>(&network); parsed && parsed->bits() == 0)
        return Problem{"would let everybody relay"};
    return network;
}

Parsed<Mode> parse_mode(const std::string& text) {
    if (const auto mode = mode_named(text)) return *mode;
    return Problem{R"(is unknown; use "enforce" or "monitor")"};
}

Parsed<Methods> parse_methods(const std::string& text) {
    if (const auto methods = methods_named(text)) return *methods;
    return Problem{R"(is unknown; use "auth+pop", "auth-only" or "pop-only")"};
}

Parsed<Layout> parse_layout(const std::string& text) {
    if (text == "timestamp") return Layout::timestamp;
    if (text == "expiry") return Layout::expiry;
    if (text == "presence") return Layout::presence;
    return Problem{R"(is unknown; use "timestamp", "expiry" or "presence")"};
}

/// Seconds in one of the unit; 0 for an unknown one.
std::int64_t unit_named(std::string_view unit) {
    if (unit == "s") return 1;
    if (unit == "m") return 60;
    if (unit == "h") return 3600;
    if (unit == "d") return 86400;
    return 0;
}

Parsed<seconds> parse_window(const std::string& text) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::int64_t unit = unit_named({end, text.data() + text.size()});
    if (error == std::errc::invalid_argument || unit == 0 || text.front() == '-')
        return Problem{R"(is no length of time: a number and s, m, h or d, as "1440m")"};
    if (error != std::errc{} || count < 1 || count > kLongestWindow.count() / unit)
        return Problem{R"(is out of range; use "1s" to "366d")"};
    return seconds{count * unit};
}

// --- What is no string

void read_flag(const ConfigValue& value, bool& member, const Complain& complain) {
    if (expect(Type::boolean, "true or false", value, complain)) member = value.boolean;
}

void read_number(const ConfigValue& value, unsigned& member, const Complain& complain, unsigned least, unsigned most) {
    if (!expect(Type::integer, "an integer", value, complain)) return;
    if (value.integer < least || value.integer > most)
        complain(value.line, fmt::format("{} is out of range; use {} to {}", value.integer, least, most));
    else
        member = static_cast<unsigned>(value.integer);
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
    {"pop.database", [](V v, S s, C c) { read_text(v, s.pop.database, c, parse_path); }},
    {"pop.layout", [](V v, S s, C c) { read_text(v, s.pop.layout, c, parse_layout); }},
    {"pop.window", [](V v, S s, C c) { read_text(v, s.pop.window, c, parse_window); }},
    {"pop.prefix6", [](V v, S s, C c) { read_number(v, s.pop.prefix6, c, 32, 128); }},
    {"auth.mechanisms", [](V v, S s, C c) { read_list(v, s.auth.mechanisms, c, parse_mechanism); }},
    {"auth.plaintext_needs_tls", [](V v, S s, C c) { read_flag(v, s.auth.plaintext_needs_tls, c); }},
    {"auth.plaintext_exempt", [](V v, S s, C c) { read_list(v, s.auth.plaintext_exempt, c, parse_network); }},
    {"auth.min_ssf", [](V v, S s, C c) { read_number(v, s.auth.min_ssf, c, 0, 256); }},
};

}  // namespace

std::span<const ConfigKey> config_keys() {
    return kKeys;
}

}  // namespace relay
