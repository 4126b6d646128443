#include "milter/report/report_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "policy/source/files/escaped.h"

namespace relay::report {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

}  // namespace

std::string unescaped(std::string_view value) {
    std::string bytes;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const bool is_escape = value[i] == '\\' && i + 3 < value.size() && value[i + 1] == 'x';
        const int high = is_escape ? hex_digit(value[i + 2]) : -1, low = is_escape ? hex_digit(value[i + 3]) : -1;
        if (high >= 0 && low >= 0) {
            bytes += static_cast<char>(high * 16 + low);
            i += 3;
        } else {
            bytes += value[i];
        }
    }
    return bytes;
}

std::string printable(std::string_view value) { return escaped(unescaped(value)); }

std::string local_text(std::chrono::sys_seconds at) {
    const std::time_t time = at.time_since_epoch().count();
    std::tm local{};
    localtime_r(&time, &local);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,
                       local.tm_hour, local.tm_min);
}

std::string date_text(std::chrono::sys_days day) {
    const std::chrono::year_month_day date{day};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()));
}

std::string utc_text(std::chrono::sys_seconds at) {
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::hh_mm_ss clock{at - day};
    return fmt::format("{}T{:02}:{:02}:{:02}Z", date_text(day), clock.hours().count(), clock.minutes().count(),
                       clock.seconds().count());
}

std::string_view take_key_word(std::string_view& key) {
    const auto end = std::min(key.find(' '), key.size());
    const auto word = key.substr(0, end);
    key.remove_prefix(std::min(end + 1, key.size()));
    return word;
}

}  // namespace relay::report
