// An entry of the systemd journal as `journalctl -o json` prints it (systemd.journal-fields(7)).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "vsmtprelay/feed/log_line.h"

namespace relay {

struct JournalLine {
    std::string cursor;
    std::optional<LogLine> line;  ///< Nothing where the entry has no message or no identifier, or one twice.
};

/// Nothing when it is no JSON object with a cursor. The time is journald's own, never after `now`. A message may be an
/// array of bytes. The process is the one that the kernel named.
std::optional<JournalLine> parse_journal_line(std::string_view json, std::chrono::sys_seconds now);

}  // namespace relay
