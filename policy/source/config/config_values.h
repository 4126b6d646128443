// The values of configuration keys that several tables read: a string as what it stands for, a number in its range.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "policy/source/config/config_keys.h"

namespace relay {

/// Escaped, in quotes.
std::string quoted(std::string_view text);

/// False, and told, when the value is of another type; `what` is "a string in quotes".
bool expect(ConfigValue::Type type, const char* what, const ConfigValue& value, const Complain& complain);

struct Problem {
    std::string text;
};

/// Of a key that takes one of `known` words: all of them, and the one that was meant.
Problem unknown_word(std::string_view word, const std::vector<std::string_view>& known);

template <class T>
using Parsed = std::variant<T, Problem>;

template <class T>
std::optional<T> parse_element(const ConfigValue& value, const Complain& complain, Parsed<T> (*parse)(const std::string&)) {
    if (!expect(ConfigValue::Type::text, "a string in quotes", value, complain)) return std::nullopt;
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
    if (!expect(ConfigValue::Type::list, "a list in [ ]", value, complain)) return;
    member.clear();
    for (const ConfigValue& element : value.list) {
        auto parsed = parse_element(element, complain, parse);
        if (!parsed) continue;
        if (std::find(member.begin(), member.end(), *parsed) != member.end())
            complain(element.line, quoted(element.text) + " is there twice");
        member.push_back(*std::move(parsed));
    }
}

/// A path from the root.
Parsed<std::string> parse_path(const std::string& text);
/// "90s", "15m", "1h", "30d".
Parsed<std::chrono::seconds> parse_window(const std::string& text);
Parsed<Mode> parse_mode(const std::string& text);
Parsed<LimitAction> parse_limit_action(const std::string& text);

void read_flag(const ConfigValue& value, bool& member, const Complain& complain);
/// From `least` to `most`.
void read_number(const ConfigValue& value, unsigned& member, const Complain& complain, unsigned least, unsigned most);

}  // namespace relay
