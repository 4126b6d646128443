#include "vsmtprelay/feed/mail_log.h"

#include <fmt/format.h>
#include <syslog.h>

#include <cstdio>

namespace relay {
namespace {

MailLog log_target = MailLog::syslog;

void log(int severity, const std::string& text) {
    if (log_target == MailLog::standard_error) fmt::print(stderr, "vsmtprelay: {}\n", text);
    else ::syslog(LOG_MAIL | severity, "%.4000s", text.c_str());
}

}  // namespace

void open_mail_log(MailLog target) {
    log_target = target;
    ::openlog("vsmtprelay", LOG_PID, LOG_MAIL);
}

void log_error(const std::string& text) {
    log(LOG_ERR, text);
}

void log_notice(const std::string& text) {
    log(LOG_NOTICE, text);
}

void log_debug(const std::string& text) {
    log(LOG_DEBUG, text);
}

}  // namespace relay
