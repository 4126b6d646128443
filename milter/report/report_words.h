// Values and times as the forms of the report write them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace relay::report {

/// The bytes that log_value() escaped, which may be any.
std::string unescaped(std::string_view value);

/// Fit for a terminal, whoever wrote the log line.
std::string printable(std::string_view value);

/// Local time, "2026-11-22 06:56".
std::string local_text(std::chrono::sys_seconds at);
/// "2026-11-22T06:56:47Z"
std::string utc_text(std::chrono::sys_seconds at);
std::string date_text(std::chrono::sys_days day);

/// Takes the next word of a table's key.
std::string_view take_key_word(std::string_view& key);

}  // namespace relay::report
