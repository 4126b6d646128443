#include "policy/source/config/config_values.h"

#include <fmt/format.h>

#include <charconv>

#include "policy/source/files/escaped.h"
#include "policy/source/files/similar_word.h"

namespace relay {
namespace {

using Type = ConfigValue::Type;
using std::chrono::seconds;

constexpr seconds kLongestWindow = std::chrono::hours{24 * 366};

/// Seconds in one of the unit; 0 for an unknown one.
std::int64_t unit_named(std::string_view unit) {
    if (unit == "s") return 1;
    if (unit == "m") return 60;
    if (unit == "h") return 3600;
    if (unit == "d") return 86400;
    return 0;
}

}  // namespace

std::string quoted(std::string_view text) { return '"' + escaped(text) + '"'; }

bool expect(Type type, const char* what, const ConfigValue& value, const Complain& complain) {
    if (value.type == type) return true;
    complain(value.line, fmt::format("has to be {}, not {}", what, value.type_name));
    return false;
}

Problem unknown_word(std::string_view word, const std::vector<std::string_view>& known) {
    std::string text{"is unknown; use "};
    for (const std::string_view& one : known) {
        if (&one != &known.front()) text.append(&one == &known.back() ? " or " : ", ");
        text.append(quoted(one));
    }
    return Problem{text + did_you_mean(word, known)};
}

Parsed<std::string> parse_path(const std::string& text) {
    if (!text.starts_with('/') || text.find('\0') != std::string::npos) return Problem{"has to be a path that begins with /"};
    return text;
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

Parsed<Mode> parse_mode(const std::string& text) {
    if (const auto mode = mode_named(text)) return *mode;
    return unknown_word(text, {"enforce", "monitor"});
}

Parsed<LimitAction> parse_limit_action(const std::string& text) {
    for (const auto action : {LimitAction::defer, LimitAction::refuse, LimitAction::log})
        if (text == name_of(action)) return action;
    return unknown_word(text, {"defer", "refuse", "log"});
}

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

}  // namespace relay
