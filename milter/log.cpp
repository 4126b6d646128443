#include "milter/log.h"

#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace relay {
namespace {

constexpr char kIdent[] = "milter-relay";
LogTarget log_target = LogTarget::syslog;

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

}  // namespace

void open_log(LogTarget target) {
    log_target = target;
    openlog(kIdent, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

void log_line(Severity severity, std::string_view text) noexcept {
    const int length = static_cast<int>(std::min<std::size_t>(text.size(), 4000));
    if (log_target == LogTarget::standard_error) write_to_standard_error(length, text.data());
    else syslog(LOG_MAIL | priority_of(severity), "%.*s", length, text.data());
}

}  // namespace relay
