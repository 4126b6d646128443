#include "milter/sendmail/sendmail_cf.h"

#include <algorithm>
#include <cctype>

#include "milter/sendmail/cf_lines.h"
#include "policy/ascii.h"

namespace relay {
namespace {

constexpr std::string_view kBlanks = " \t";

/// The name at the beginning of `text`, which loses it: `{long}` without its braces, or one byte.
std::string take_name(std::string_view& text) {
    const auto close = text.starts_with('{') ? text.find('}') : text.npos;
    const std::string name{close == text.npos ? text.substr(0, 1) : text.substr(1, close - 1)};
    text.remove_prefix(close == text.npos ? std::min<std::size_t>(1, text.size()) : close + 1);
    return name;
}

/// "key = value" cut at the first `=`, both sides trimmed.
std::pair<std::string_view, std::string_view> cut(std::string_view field) {
    const auto equals = field.find('=');
    return {trimmed(field.substr(0, equals)), equals == field.npos ? "" : trimmed(field.substr(equals + 1))};
}

void read_option(std::string_view text, unsigned line, SendmailCf& cf) {
    if (!text.starts_with(' ')) {  // the old form: one letter, then the value
        cf.options.push_back(
            {std::string{text.substr(0, 1)}, std::string{trimmed(text.substr(text.empty() ? 0 : 1))}, line});
        return;
    }
    const auto [name, value] = cut(text);
    cf.options.push_back({std::string{name}, std::string{value}, line});
}

void read_filter(std::string_view text, unsigned line, SendmailCf& cf) {
    const auto fields = cf_words(text, ",");
    CfFilter filter{.name = fields.empty() ? "" : std::string{trimmed(fields[0])},
                    .socket = {},
                    .flags = {},
                    .timeouts = {},
                    .line = line};
    for (std::size_t i = 1; i < fields.size(); ++i) {
        const auto [key, value] = cut(fields[i]);
        switch (key.empty() ? '\0' : key[0]) {  // sendmail looks at the first letter alone
            case 'S': filter.socket = value; break;
            case 'F': filter.flags = value; break;
            case 'T': filter.timeouts = value; break;
            default: break;
        }
    }
    cf.filters.push_back(std::move(filter));
}

void read_map(std::string_view text, unsigned line, SendmailCf& cf) {
    text = trimmed(text);
    const auto name = text.substr(0, text.find_first_of(kBlanks));
    text = trimmed(text.substr(name.size()));
    const auto type = text.substr(0, text.find_first_of(kBlanks));
    cf.maps.push_back({std::string{name}, std::string{type}, std::string{trimmed(text.substr(type.size()))}, line});
}

void read_class(std::string_view text, unsigned line, bool is_file, SendmailCf& cf) {
    CfClass found{.name = take_name(text), .words = {}, .file = {}, .line = line};
    if (is_file) found.file = trimmed(text);
    else found.words = cf_words(text, kBlanks);
    cf.classes.push_back(std::move(found));
}

/// The ruleset that the rules after an S line belong to.
std::size_t open_ruleset(std::string_view text, unsigned line, SendmailCf& cf) {
    text = trimmed(text);
    const std::string name{text.substr(0, text.find_first_of("= \t"))};
    const auto old =
        std::find_if(cf.rulesets.begin(), cf.rulesets.end(), [&](const auto& set) { return set.name == name; });
    const auto place = static_cast<std::size_t>(old - cf.rulesets.begin());
    if (old == cf.rulesets.end()) cf.rulesets.push_back({name, {}, line});
    return place;
}

CfRule rule_of(std::string_view text, unsigned line) {
    const auto end = text.find('\t');
    CfRule rule{.left = std::string{trimmed(text.substr(0, end))}, .right = {}, .line = line};
    const auto begin = text.find_first_not_of('\t', std::min(end, text.size()));
    if (begin == text.npos) return rule;
    rule.right = trimmed(text.substr(begin, text.find('\t', begin) - begin));
    return rule;
}

/// What VERSIONID() leaves: "#####  text  #####".
std::vector<std::string> version_ids_of(std::string_view text) {
    constexpr std::string_view mark = "#####";
    std::vector<std::string> ids;
    for (const auto& line : cf_words(text, "\n")) {
        if (line.size() < 2 * mark.size() || !line.starts_with(mark) || !line.ends_with(mark)) continue;
        const auto id = trimmed(std::string_view{line}.substr(mark.size(), line.size() - 2 * mark.size()));
        if (id.find_first_not_of('#') != id.npos) ids.emplace_back(id);
    }
    return ids;
}

CfListener listener_of(const CfOption& option) {
    CfListener listener{.name = {},
                        .family = {},
                        .address = {},
                        .port = {},
                        .modifiers = {},
                        .input_filters = {},
                        .text = option.value,
                        .line = option.line};
    for (const auto& field : cf_words(option.value, ",")) {
        const auto [key, value] = cut(field);
        switch (key.empty() ? '\0' : lower(key[0])) {  // sendmail looks at the first letter alone
            case 'n': listener.name = value; break;
            case 'f': listener.family = value; break;
            case 'a': listener.address = value; break;
            case 'p': listener.port = value; break;
            case 'm': listener.modifiers = value; break;
            case 'i': listener.input_filters = cf_words(value, "; \t"); break;
            default: break;
        }
    }
    return listener;
}

/// The last of `values` with this name, or null.
template <class Value>
const Value* last_named(const std::vector<Value>& values, std::string_view name) {
    const auto found =
        std::find_if(values.rbegin(), values.rend(), [&](const auto& value) { return value.name == name; });
    return found == values.rend() ? nullptr : &*found;
}

}  // namespace

std::vector<std::string> CfRule::calls() const {
    constexpr std::string_view call = "$>";
    std::vector<std::string> names;
    for (auto at = right.find(call); at != right.npos; at = right.find(call, at + 1)) {
        auto begin = std::min(right.find_first_not_of(" \t\"", at + call.size()), right.size());
        auto end = begin;
        while (end < right.size() && (std::isalnum(static_cast<unsigned char>(right[end])) || right[end] == '_')) ++end;
        if (end > begin) names.push_back(right.substr(begin, end - begin));
    }
    return names;
}

std::optional<std::string> SendmailCf::option(std::string_view name) const {
    const auto found = std::find_if(options.rbegin(), options.rend(),
                                    [&](const auto& one) { return same_without_case(one.name, name); });
    return found == options.rend() ? std::nullopt : std::optional{found->value};
}

std::optional<std::string> SendmailCf::macro(std::string_view name) const {
    const auto* found = last_named(macros, name);
    return found ? std::optional{found->value} : std::nullopt;
}

const CfFilter* SendmailCf::filter(std::string_view name) const { return last_named(filters, name); }
const CfMap* SendmailCf::map(std::string_view name) const { return last_named(maps, name); }
const CfRuleset* SendmailCf::ruleset(std::string_view name) const { return last_named(rulesets, name); }

std::vector<std::string> SendmailCf::input_filters() const {
    return cf_words(option("InputMailFilters").value_or(""), ",; \t");
}

std::vector<CfListener> SendmailCf::listeners() const {
    std::vector<CfListener> found;
    for (const auto& one : options)
        if (same_without_case(one.name, "DaemonPortOptions")) found.push_back(listener_of(one));
    return found;
}

std::vector<std::string> SendmailCf::words_of(std::string_view class_name) const {
    std::vector<std::string> words;
    for (const auto& one : classes)
        if (one.name == class_name) words.insert(words.end(), one.words.begin(), one.words.end());
    return words;
}

std::vector<std::string> SendmailCf::reachable_from(std::string_view from) const {
    std::vector<std::string> names{std::string{from}};
    for (std::size_t next = 0; next < names.size(); ++next) {
        const auto* set = ruleset(names[next]);
        if (!set) continue;
        for (const auto& rule : set->rules)
            for (auto& name : rule.calls())
                if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
    }
    return names;
}

SendmailCf parse_sendmail_cf(std::string_view text) {
    SendmailCf cf;
    cf.version_ids = version_ids_of(text);
    std::optional<std::size_t> in;
    for (const auto& [line, number] : cf_lines(text)) {
        std::string_view rest = std::string_view{line}.substr(1);
        switch (line[0]) {
            case 'O': read_option(rest, number, cf); break;
            case 'X': read_filter(rest, number, cf); break;
            case 'K': read_map(rest, number, cf); break;
            case 'C': read_class(rest, number, false, cf); break;
            case 'F': read_class(rest, number, true, cf); break;
            case 'S': in = open_ruleset(rest, number, cf); break;
            case 'R':
                if (in) cf.rulesets[*in].rules.push_back(rule_of(rest, number));
                break;
            case 'D': {
                auto name = take_name(rest);
                cf.macros.push_back({std::move(name), std::string{rest}, number});
                break;
            }
            default: break;
        }
    }
    return cf;
}

}  // namespace relay
