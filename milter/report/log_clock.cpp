#include "milter/report/log_clock.h"

#include <charconv>
#include <ctime>
#include <string>

namespace relay::report {
namespace {

using namespace std::chrono;

constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";

/// Two digits (the first may be a blank), or more than any field holds.
unsigned two_digits(std::string_view text, std::size_t at) {
    const char tens = text[at] == ' ' ? '0' : text[at], ones = text[at + 1];
    if (tens < '0' || tens > '9' || ones < '0' || ones > '9') return 1000;
    return static_cast<unsigned>(tens - '0') * 10 + static_cast<unsigned>(ones - '0');
}

struct Clock {
    unsigned hour = 0, minute = 0, second = 0;

    [[nodiscard]] bool ok() const { return hour < 24 && minute < 60 && second < 61; }
    [[nodiscard]] seconds since_midnight() const { return hours{hour} + minutes{minute} + seconds{second}; }
};

/// "06:56:47" at the begin of the text.
Clock clock_of(std::string_view text) {
    if (text.size() < 8 || text[2] != ':' || text[5] != ':') return {99, 0, 0};
    return {two_digits(text, 0), two_digits(text, 3), two_digits(text, 6)};
}

std::optional<year_month_day> date_of(std::string_view text) {
    if (text.size() < 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
    const unsigned century = two_digits(text, 0), rest = two_digits(text, 2);
    if (century < 19 || century > 99 || rest > 99) return std::nullopt;
    const year_month_day date{year{static_cast<int>(century * 100 + rest)}, month{two_digits(text, 5)},
                              day{two_digits(text, 8)}};
    return date.ok() ? std::optional{date} : std::nullopt;
}

/// "Z", "+01:00" or "+0100".
std::optional<seconds> offset_of(std::string_view zone) {
    if (zone == "Z") return seconds{0};
    if (zone.size() < 5 || (zone[0] != '+' && zone[0] != '-')) return std::nullopt;
    const std::size_t colon = zone[3] == ':' ? 1 : 0;
    if (zone.size() != 5 + colon) return std::nullopt;
    const unsigned hour = two_digits(zone, 1), minute = two_digits(zone, 3 + colon);
    if (hour > 15 || minute > 59) return std::nullopt;
    const seconds size = hours{hour} + minutes{minute};
    return zone[0] == '-' ? -size : size;
}

std::optional<sys_seconds> local_time(const year_month_day& date, const Clock& clock) {
    std::tm local{};
    local.tm_year = static_cast<int>(date.year()) - 1900;
    local.tm_mon = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
    local.tm_mday = static_cast<int>(static_cast<unsigned>(date.day()));
    local.tm_hour = static_cast<int>(clock.hour);
    local.tm_min = static_cast<int>(clock.minute);
    local.tm_sec = static_cast<int>(clock.second);
    local.tm_isdst = -1;
    const auto time = std::mktime(&local);
    return time == -1 ? std::nullopt : std::optional{sys_seconds{seconds{time}}};
}

/// RFC 3339, as rsyslog and journalctl write it.
std::optional<sys_seconds> with_zone(std::string_view stamp) {
    const auto date = date_of(stamp);
    if (!date || stamp.size() < 20 || stamp[10] != 'T') return std::nullopt;
    const auto clock = clock_of(stamp.substr(11));
    const auto zone_at = stamp.find_first_of("Z+-", 19);
    if (!clock.ok() || zone_at == stamp.npos) return std::nullopt;
    const auto offset = offset_of(stamp.substr(zone_at));
    return offset ? std::optional{sys_days{*date} + clock.since_midnight() - *offset} : std::nullopt;
}

std::optional<sys_seconds> days_before(std::string_view text, sys_seconds now) {
    unsigned number = 0;
    const auto* end = text.data() + text.size() - 1;
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end || number > 36500) return std::nullopt;
    return now - days{number};
}

}  // namespace

std::optional<sys_seconds> LogClock::time_of(std::string_view stamp) {
    return stamp.size() == 15 ? yearless(stamp) : with_zone(stamp);
}

/// "Nov 22 06:56:47"
std::optional<sys_seconds> LogClock::yearless(std::string_view stamp) {
    const auto month_at = kMonths.find(stamp.substr(0, 3));
    const auto clock = clock_of(stamp.substr(7));
    const unsigned day = two_digits(stamp, 4);
    if (month_at == kMonths.npos || month_at % 3 != 0 || !clock.ok() || day == 0 || day > 31) return std::nullopt;
    const auto month = static_cast<unsigned>(month_at / 3 + 1);
    const unsigned wanted = (month * 32 + day) * 24 + clock.hour;
    if (wanted != known_hour_) {
        begin_ = begin_of_hour(month, day, clock.hour);
        known_hour_ = wanted;
    }
    return begin_ ? std::optional{*begin_ + minutes{clock.minute} + seconds{clock.second}} : std::nullopt;
}

/// 29 February may be several years back.
std::optional<sys_seconds> LogClock::begin_of_hour(unsigned month, unsigned day, unsigned hour) const {
    const year last = year_month_day{floor<days>(newest_)}.year() + years{1};
    for (int back = 0; back <= 9; ++back) {
        const year_month_day date{last - years{back}, std::chrono::month{month}, std::chrono::day{day}};
        if (!date.ok()) continue;
        const auto time = local_time(date, {hour, 0, 0});
        if (time && *time <= newest_) return time;
    }
    return std::nullopt;
}

std::optional<sys_seconds> parse_instant(std::string_view text, sys_seconds now) {
    if (text.size() > 1 && text.ends_with('d')) return days_before(text, now);
    const auto date = date_of(text);
    if (!date) return std::nullopt;
    if (text.size() == 10) return local_time(*date, {});
    if (text[10] != 'T' && text[10] != ' ') return std::nullopt;
    std::string stamp{text};
    stamp[10] = 'T';
    if (stamp.size() == 16) stamp.append(":00");
    if (stamp.size() > 19) return with_zone(stamp);
    const auto clock = clock_of(std::string_view{stamp}.substr(11));
    return stamp.size() == 19 && clock.ok() ? local_time(*date, clock) : std::nullopt;
}

}  // namespace relay::report
