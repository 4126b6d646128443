#include "vsmtprelay/feed/log_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace relay {
namespace {

using std::chrono::days;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Fields {
    int year = 0;
    int month = 0;  ///< 1 to 12
    int day = 0;
    int second = 0;  ///< Of the day.
};

/// Exactly `size` digits at `at` (a leading blank counts as a zero where it may), or nothing.
std::optional<int> number(std::string_view text, std::size_t at, std::size_t size, bool blank = false) {
    if (at + size > text.size()) return std::nullopt;
    if (blank && text[at] == ' ') ++at, --size;
    int value = 0;
    const char* end = text.data() + at + size;
    const auto [stopped, error] = std::from_chars(text.data() + at, end, value);
    if (error != std::errc{} || stopped != end || value < 0 || text[at] == '-') return std::nullopt;
    return value;
}

/// "06:53:07"
std::optional<int> second_of_day(std::string_view text, std::size_t at) {
    const auto hour = number(text, at, 2);
    const auto minute = number(text, at + 3, 2);
    const auto second = number(text, at + 6, 2);
    if (!hour || !minute || !second || text[at + 2] != ':' || text[at + 5] != ':') return std::nullopt;
    if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    return *hour * 3600 + *minute * 60 + std::min(*second, 59);
}

std::optional<sys_seconds> utc(const Fields& fields) {
    const std::chrono::year_month_day date{std::chrono::year{fields.year},
                                           std::chrono::month{static_cast<unsigned>(fields.month)},
                                           std::chrono::day{static_cast<unsigned>(fields.day)}};
    if (!date.ok()) return std::nullopt;
    return sys_days{date} + seconds{fields.second};
}

std::optional<sys_seconds> local(const Fields& fields) {
    if (!utc(fields)) return std::nullopt;
    std::tm parts{};
    parts.tm_year = fields.year - 1900;
    parts.tm_mon = fields.month - 1;
    parts.tm_mday = fields.day;
    parts.tm_hour = fields.second / 3600;
    parts.tm_min = fields.second / 60 % 60;
    parts.tm_sec = fields.second % 60;
    parts.tm_isdst = -1;
    const std::time_t first = std::mktime(&parts);
    if (first == -1) return std::nullopt;
    const std::time_t earlier = first - 3600;
    std::tm again{};
    ::localtime_r(&earlier, &again);
    const bool twice = again.tm_hour == fields.second / 3600 && again.tm_mday == fields.day;
    return sys_seconds{seconds{twice ? earlier : first}};
}

std::optional<StampReader::Stamp> traditional(std::string_view line, sys_seconds now) {
    constexpr std::size_t size = 15;
    constexpr int most_years = 8;  // to the last 29th of February
    if (line.size() < size || line[3] != ' ' || line[6] != ' ') return std::nullopt;
    const auto month = std::find(kMonths.begin(), kMonths.end(), line.substr(0, 3));
    const auto day = number(line, 4, 2, true);
    const auto second = second_of_day(line, 7);
    if (month == kMonths.end() || !day || !second) return std::nullopt;
    const int this_year = static_cast<int>(std::chrono::year_month_day{std::chrono::floor<days>(now + days{1})}.year());
    for (int year = this_year; year > this_year - most_years; --year) {
        const auto at = local({year, static_cast<int>(month - kMonths.begin()) + 1, *day, *second});
        if (at && *at <= now + days{1}) return StampReader::Stamp{*at, size};
    }
    return std::nullopt;
}

/// "Z", "+01:00", "+0100": its seconds, and how long it is.
std::optional<std::pair<int, std::size_t>> offset_at(std::string_view line, std::size_t at) {
    if (at < line.size() && line[at] == 'Z') return std::pair{0, std::size_t{1}};
    if (at >= line.size() || (line[at] != '+' && line[at] != '-')) return std::nullopt;
    const bool colon = at + 3 < line.size() && line[at + 3] == ':';
    const auto hours = number(line, at + 1, 2);
    const auto minutes = number(line, at + (colon ? 4 : 3), 2);
    if (!hours || !minutes || *hours > 15 || *minutes > 59) return std::nullopt;
    const int size = *hours * 3600 + *minutes * 60;
    return std::pair{line[at] == '-' ? -size : size, std::size_t{colon ? 6U : 5U}};
}

std::optional<StampReader::Stamp> iso8601(std::string_view line) {
    std::size_t end = 19;
    if (line.size() < end || line[4] != '-' || line[7] != '-' || (line[10] != 'T' && line[10] != ' '))
        return std::nullopt;
    const auto year = number(line, 0, 4);
    const auto month = number(line, 5, 2);
    const auto day = number(line, 8, 2);
    const auto second = second_of_day(line, 11);
    if (!year || !month || !day || !second) return std::nullopt;
    if (end < line.size() && (line[end] == '.' || line[end] == ','))
        end = std::min(line.find_first_not_of("0123456789", end + 1), line.size());
    const Fields fields{*year, *month, *day, *second};
    const auto offset = offset_at(line, end);
    const auto at = offset ? utc(fields) : local(fields);
    if (!at) return std::nullopt;
    if (!offset) return StampReader::Stamp{*at, end};
    return StampReader::Stamp{*at - seconds{offset->first}, end + offset->second};
}

/// "TAG[PROCESS]" or "TAG"
void read_tag(std::string_view tag, LogLine& line) {
    const std::size_t bracket = tag.find('[');
    line.program = tag.substr(0, bracket);
    if (bracket == std::string_view::npos || !tag.ends_with(']')) return;
    const std::string_view inside = tag.substr(bracket + 1, tag.size() - bracket - 2);
    if (inside.find_first_not_of("0123456789") == std::string_view::npos) line.process = inside;
}

}  // namespace

std::optional<StampReader::Stamp> StampReader::read(std::string_view line, sys_seconds now) {
    const sys_seconds day = std::chrono::floor<days>(now);
    if (stamp_ && day == day_ && line.substr(0, text_.size()) == text_) return stamp_;
    auto stamp = traditional(line, now);
    if (!stamp) stamp = iso8601(line);
    if (!stamp) return std::nullopt;
    text_ = line.substr(0, std::min(stamp->size + 1, line.size()));
    day_ = day;
    return stamp_ = stamp;
}

std::optional<LogLine> parse_log_line(std::string_view line, StampReader& stamps, sys_seconds now) {
    const auto stamp = stamps.read(line, now);
    if (!stamp || stamp->size >= line.size() || line[stamp->size] != ' ') return std::nullopt;
    std::string_view rest = line.substr(stamp->size + 1);
    LogLine found;
    found.at = std::min(stamp->at, now);
    std::size_t space = rest.find(' ');
    if (space == std::string_view::npos || space == 0) return std::nullopt;
    if (rest[space - 1] == ':') {
        found.bare = rest;
    } else {
        rest.remove_prefix(space + 1);
        space = rest.find(' ');
        if (space == std::string_view::npos || space == 0 || rest[space - 1] != ':') return std::nullopt;
    }
    read_tag(rest.substr(0, space - 1), found);
    found.message = rest.substr(space + 1);
    return found;
}

}  // namespace relay
