#include "vsmtprelay/feed/journal_line.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

namespace relay {
namespace {

using Json = nlohmann::json;

/// A string or an array of bytes. A field that was given twice is an array of strings: whose word counts is not clear.
std::optional<std::string> field(const Json& entry, const char* name) {
    const auto found = entry.find(name);
    if (found == entry.end()) return std::nullopt;
    if (found->is_string()) return found->get<std::string>();
    if (!found->is_array()) return std::nullopt;
    std::string bytes;
    for (const Json& byte : *found) {
        if (!byte.is_number_unsigned() || byte.get<std::uint64_t>() > 255) return std::nullopt;
        bytes.push_back(static_cast<char>(byte.get<std::uint64_t>()));
    }
    return bytes;
}

std::optional<std::chrono::sys_seconds> time_of(const Json& entry) {
    const std::string text = field(entry, "__REALTIME_TIMESTAMP").value_or("");
    std::int64_t microseconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), microseconds);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return std::chrono::floor<std::chrono::seconds>(
        std::chrono::sys_time<std::chrono::microseconds>{std::chrono::microseconds{microseconds}});
}

}  // namespace

std::optional<JournalLine> parse_journal_line(std::string_view json, std::chrono::sys_seconds now) {
    const Json entry = Json::parse(json, nullptr, false);
    if (!entry.is_object()) return std::nullopt;
    const auto cursor = field(entry, "__CURSOR");
    if (!cursor) return std::nullopt;
    JournalLine found{*cursor, std::nullopt};
    const auto at = time_of(entry);
    auto message = field(entry, "MESSAGE");
    auto program = field(entry, "SYSLOG_IDENTIFIER");
    if (!at || !message || !program) return found;
    JournalOrigin origin{field(entry, "_SYSTEMD_UNIT").value_or(""), field(entry, "_COMM").value_or(""),
                         field(entry, "_UID") == "0"};
    found.line =
        LogLine{std::min(*at, now), *program, field(entry, "_PID").value_or(""), *message, {}, std::move(origin)};
    return found;
}

}  // namespace relay
