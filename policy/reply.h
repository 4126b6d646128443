// The SMTP reply for a verdict: the only place where reply texts are written, beside the admin's own (reply_text.h).
//
// No byte of a peer is in any of them, but for one: the refusal of a sender names the login that authenticated in this
// session, to whom it is no secret, and only where it is short and of harmless letters. A POP login is never named: it
// may be another's at the same address.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/settings.h"
#include "policy/verdict.h"

namespace relay {

struct Reply {
    int code = 451;                    ///< RFC 5321 4.2: 4yz or 5yz; the milter's status is derived from it.
    std::string_view enhanced_status;  ///< RFC 3463; its class is the first digit of `code`.
    std::string text;                  ///< ASCII, no line break, at most kMaxReplyText. % is not escaped here.
};

/// Nothing for a permit.
std::optional<Reply> reply_for(const Verdict& verdict, const ReplySettings& own = {},
                               const std::optional<Address>& client = {});

}  // namespace relay
