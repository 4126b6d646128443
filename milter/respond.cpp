#include "milter/respond.h"

#include <libmilter/mfapi.h>

#include "milter/log.h"

namespace relay {

std::string percent_doubled(std::string_view text) {
    std::string out;
    for (const char c : text) out.append(c == '%' ? 2 : 1, c);
    return out;
}

int respond(const std::optional<Reply>& reply, const SetReply& set_reply) {
    if (!reply) return SMFIS_CONTINUE;
    const auto code = std::to_string(reply->code);
    if (set_reply(code.c_str(), std::string{reply->enhanced_status}.c_str(), percent_doubled(reply->text).c_str()) != 0)
        log_line(Severity::error,
                 "libmilter did not take the text of a " + code + " reply; sendmail's own text is sent");
    return code.front() == '5' ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

}  // namespace relay
