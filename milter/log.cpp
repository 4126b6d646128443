#include "milter/log.h"

#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "milter/log_queue.h"

namespace relay {
namespace {

constexpr char kIdent[] = "milter-relay";
constexpr std::size_t kMostLine = 4000;
LogTarget log_target = LogTarget::syslog;
LogQueue* log_queue = nullptr;

int priority_of(Severity severity) {
    switch (severity) {
        case Severity::error: return LOG_ERR;
        case Severity::warning: return LOG_WARNING;
        case Severity::notice: return LOG_NOTICE;
        case Severity::info: return LOG_INFO;
    }
    return LOG_ERR;
}

/// One write(2), so that lines of several threads do not mix.
void write_to_standard_error(int length, const char* text) {
    char line[4100];
    const int wanted =
        std::snprintf(line, sizeof line, "%s[%d]: %.*s\n", kIdent, static_cast<int>(getpid()), length, text);
    const auto size = std::min(static_cast<std::size_t>(std::max(wanted, 0)), sizeof line - 1);
    [[maybe_unused]] const auto written = write(STDERR_FILENO, line, size);
}

void write_line(Severity severity, std::string_view text) {
    const int length = static_cast<int>(text.size());
    if (log_target == LogTarget::standard_error) write_to_standard_error(length, text.data());
    else syslog(LOG_MAIL | priority_of(severity), "%.*s", length, text.data());
}

}  // namespace

void open_log(LogTarget target) {
    log_target = target;
    openlog(kIdent, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

void queue_log() {
    static LogQueue queue{write_line};
    log_queue = &queue;
}

void log_line(Severity severity, std::string_view text) noexcept {
    text = text.substr(0, kMostLine);
    if (log_queue) log_queue->add(severity, text);
    else write_line(severity, text);
}

std::uint64_t lost_log_lines() { return log_queue ? log_queue->lost() : 0; }

void flush_log(std::chrono::milliseconds most) {
    if (log_queue) log_queue->flush(most);
}

}  // namespace relay
