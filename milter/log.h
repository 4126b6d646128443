// Where log lines go: syslog(3), facility mail, or standard error. Process-wide, as syslog is; every call thread-safe.
#pragma once

#include <string_view>

namespace relay {

enum class LogTarget { syslog, standard_error };

enum class Severity { error, warning, notice, info };

/// Before the first thread. Until then lines go to syslog.
void open_log(LogTarget target);

/// One line, at most 4,000 bytes. The text is data, never a format; bytes of a peer in it are escaped already.
void log_line(Severity severity, std::string_view text) noexcept;

}  // namespace relay
