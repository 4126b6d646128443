// Where vsmtprelay's services log: syslog(3), facility mail, or standard error. Process-wide; one line a call.
#pragma once

#include <string>

namespace relay {

enum class MailLog { syslog, standard_error };

void open_mail_log(MailLog target);
/// Text of peers in it is escaped already.
void log_error(const std::string& text);
void log_notice(const std::string& text);
void log_debug(const std::string& text);

}  // namespace relay
