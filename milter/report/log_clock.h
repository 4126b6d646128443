// The time stamps of a mail log as times: RFC 3339's, and those of the old syslog, which name no year and no zone.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace relay::report {

/// For one file: its lines are at most a year old when it is written last. One thread.
class LogClock {
public:
    /// `last_write`: no line is later than this, but for a day in which clocks may differ.
    explicit LogClock(std::chrono::sys_seconds last_write) : newest_{last_write + std::chrono::days{1}} {}

    /// Nothing for what is no stamp. A stamp without a year is local time, of the last year that does not lie behind
    /// `last_write`. Fractions are dropped.
    std::optional<std::chrono::sys_seconds> time_of(std::string_view stamp);

private:
    std::optional<std::chrono::sys_seconds> yearless(std::string_view stamp);
    [[nodiscard]] std::optional<std::chrono::sys_seconds> begin_of_hour(unsigned month, unsigned day,
                                                                        unsigned hour) const;

    std::chrono::sys_seconds newest_;
    unsigned known_hour_ = 0;  ///< Month, day and hour of begin_, since mktime(3) is slow; 0: none yet.
    std::optional<std::chrono::sys_seconds> begin_;
};

/// An instant as an admin writes it: "2026-11-01", with "T12:00" or "T12:00:00" (or a blank for the T) behind it, all
/// local time, or with Z or "+01:00" at its end; or "30d", so many days before `now`.
std::optional<std::chrono::sys_seconds> parse_instant(std::string_view text, std::chrono::sys_seconds now);

}  // namespace relay::report
