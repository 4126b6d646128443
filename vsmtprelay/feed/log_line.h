// A line of a log, taken apart: when, which program, which process, what it says. Bytes of the log, not judged.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace relay {

/// What the journal itself knows of a writer: the kernel told it, no program can choose it.
struct JournalOrigin {
    std::string unit;     ///< _SYSTEMD_UNIT
    std::string command;  ///< _COMM
    bool root = false;    ///< _UID=0
};

struct LogLine {
    std::chrono::sys_seconds at;
    std::string program;  ///< The syslog tag.
    std::string process;  ///< Digits; empty where the line names none.
    std::string message;
    std::string bare;     ///< All behind the time stamp, where the line names no host; else empty.
    std::optional<JournalOrigin> origin;  ///< Of a line from the journal.
};

/// Reads the time stamps of logs; remembers the last one, since most lines share theirs. One owner.
class StampReader {
public:
    struct Stamp {
        std::chrono::sys_seconds at;
        std::size_t size;  ///< Of its text.
    };

    /// "Nov 22 06:53:07" (local time; the year is that of the last such second before now + 1 day), or ISO 8601 with an
    /// offset, "Z" or local time. Where a local time happened twice it is the earlier one. Fractions are cut off.
    std::optional<Stamp> read(std::string_view line, std::chrono::sys_seconds now);

private:
    std::string text_;
    std::chrono::sys_seconds day_{};
    std::optional<Stamp> stamp_;
};

/// A line of a file as syslogd or the server itself writes it: STAMP [HOST] TAG[PROCESS]: MESSAGE. A time after `now`
/// becomes `now`.
std::optional<LogLine> parse_log_line(std::string_view line, StampReader& stamps, std::chrono::sys_seconds now);

}  // namespace relay
