// Where log lines go: syslog(3), facility mail, or standard error. Process-wide, as syslog is; every call thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace relay {

enum class LogTarget { syslog, standard_error };

enum class Severity { error, warning, notice, info };

/// Before the first thread. Until then lines go to syslog.
void open_log(LogTarget target);

/// From now on lines are written by a thread of its own (log_queue.h), so that a slow syslogd stops nobody. Once, by the
/// daemon, with the signal mask that the thread is to have and before its other threads.
void queue_log();
/// Before _exit(2): waits until what was logged is written, at most that long.
void flush_log(std::chrono::milliseconds most);
/// Lines for which the queue had no room.
std::uint64_t lost_log_lines();

/// One line, at most 4,000 bytes. The text is data, never a format; bytes of a peer in it are escaped already.
void log_line(Severity severity, std::string_view text) noexcept;

}  // namespace relay
