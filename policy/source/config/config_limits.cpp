#include "policy/source/config/config_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "policy/ascii.h"
#include "policy/source/config/config_values.h"
#include "policy/source/files/similar_word.h"

namespace relay {
namespace {

using V = const ConfigValue&;
using L = LimitSettings&;
using C = const Complain&;

constexpr unsigned kMostEvents = 1'000'000;
constexpr std::size_t kMostLimits = 100;

struct Per {
    LimitPer per;
    unsigned bits = 0;
    bool operator==(const Per&) const = default;
};

/// "network4/24": the bits behind the slash, which have to leave an address some network.
Parsed<Per> parse_network_per(const std::string& text, LimitPer per, unsigned most) {
    unsigned bits = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data() + text.find('/') + 1, end, bits);
    if (error != std::errc{} || stopped != end || bits < 8 || bits > most)
        return Problem{fmt::format("has to name a network by 8 to {} bits", most)};
    return Per{per, bits};
}

Parsed<Per> parse_per(const std::string& text) {
    if (text == "login") return Per{LimitPer::login};
    if (text == "login-domain") return Per{LimitPer::login_domain};
    if (text == "client") return Per{LimitPer::client};
    if (text.starts_with("network4/")) return parse_network_per(text, LimitPer::network4, 32);
    if (text.starts_with("network6/")) return parse_network_per(text, LimitPer::network6, 128);
    return unknown_word(text, {"login", "login-domain", "client", "network4/24", "network6/64"});
}

Parsed<LimitCount> parse_count(const std::string& text) {
    for (const auto count : {LimitCount::recipients, LimitCount::messages, LimitCount::refusals})
        if (text == name_of(count)) return count;
    return unknown_word(text, {"recipients", "messages", "refusals"});
}

/// One word, since it is a value of the log line.
Parsed<std::string> parse_name(const std::string& text) {
    const bool word = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; });
    if (text.empty() || text.size() > 64 || !word) return Problem{"has to be one word of up to 64 printable characters"};
    return text;
}

/// "192.0.2.0/24" is a network, "@example.org" a domain, anything else a login.
void read_scope(V value, LimitScope& scope, C complain) {
    if (!expect(ConfigValue::Type::list, "a list in [ ]", value, complain)) return;
    for (const ConfigValue& element : value.list) {
        if (!expect(ConfigValue::Type::text, "a string in quotes", element, complain)) continue;
        std::string text = element.text;
        for (char& c : text) c = lower(c);
        if (const auto network = Network::parse(text)) scope.networks.push_back(*network);
        else if (text.empty() || text == "@") complain(element.line, quoted(text) + " is no login, domain or network");
        else if (text.front() == '@') scope.domains.push_back(text.substr(1));
        else if (text.find('/') != std::string::npos && Address::parse(text.substr(0, text.find('/'))))
            complain(element.line, quoted(text) + " is no network: the address has to be zero behind its bits");
        else scope.logins.push_back(std::move(text));
    }
}

void read_per(V value, L limit, C complain) {
    Per per{limit.per, limit.bits};
    read_text(value, per, complain, parse_per);
    limit.per = per.per;
    limit.bits = per.bits;
}

struct LimitKey {
    std::string_view name;
    void (*read)(V value, L limit, C complain);
};

constexpr LimitKey kKeys[] = {
    {"name", [](V v, L l, C c) { read_text(v, l.name, c, parse_name); }},
    {"per", read_per},
    {"count", [](V v, L l, C c) { read_text(v, l.count, c, parse_count); }},
    {"max", [](V v, L l, C c) { read_number(v, l.max, c, 1, kMostEvents); }},
    {"within", [](V v, L l, C c) { read_text(v, l.within, c, parse_window); }},
    {"burst", [](V v, L l, C c) { read_number(v, l.burst, c, 1, kMostEvents); }},
    {"only", [](V v, L l, C c) { read_scope(v, l.only, c); }},
    {"except", [](V v, L l, C c) { read_scope(v, l.except, c); }},
    {"action", [](V v, L l, C c) { read_text(v, l.action, c, parse_limit_action); }},
    {"mode", [](V v, L l, C c) { read_text(v, l.mode, c, parse_mode); }},
};

void read_key(const std::string& name, V value, L limit, C complain) {
    const auto* known = std::find_if(std::begin(kKeys), std::end(kKeys), [&](const LimitKey& key) { return key.name == name; });
    const auto complain_of_key = [&](unsigned line, const std::string& text) { complain(line, name + ": " + text); };
    if (known != std::end(kKeys)) return known->read(value, limit, complain_of_key);
    std::vector<std::string_view> names;
    for (const LimitKey& key : kKeys) names.push_back(key.name);
    complain(value.line, quoted(name) + " is unknown" + did_you_mean(name, names));
}

/// "login/recipients/3600s": what tells a limit from others as long as there is one of its kind.
std::string default_name(const LimitSettings& limit) {
    return fmt::format("{}/{}/{}s", per_text(limit), name_of(limit.count), limit.within.count());
}

bool has(V table, std::string_view name) {
    return std::any_of(table.members.begin(), table.members.end(), [name](const auto& member) { return member.name == name; });
}

void read_limit(V table, Settings& settings, C complain) {
    LimitSettings limit;
    for (const auto& [name, value] : table.members) read_key(name, value, limit, complain);
    for (const char* needed : {"per", "count", "max", "within"})
        if (!has(table, needed)) complain(table.line, std::string{needed} + " is missing");
    if (limit.burst == 0) limit.burst = limit.max;
    if (limit.burst > limit.max && limit.max != 0) complain(table.line, "burst is larger than max");
    if (limit.name.empty()) limit.name = default_name(limit);
    const auto same = [&](const LimitSettings& other) { return other.name == limit.name; };
    if (std::any_of(settings.limits.begin(), settings.limits.end(), same))
        complain(table.line, "there is another limit " + quoted(limit.name) + "; give one of them another \"name\"");
    settings.limits.push_back(std::move(limit));
}

}  // namespace

void read_limits(const ConfigValue& value, Settings& settings, const Complain& complain) {
    if (!expect(ConfigValue::Type::list, "tables, [[limit]]", value, complain)) return;
    if (value.list.size() > kMostLimits) return complain(value.line, fmt::format("are more than {} limits", kMostLimits));
    for (const ConfigValue& table : value.list)
        if (expect(ConfigValue::Type::table, "a table, [[limit]]", table, complain)) read_limit(table, settings, complain);
}

}  // namespace relay
