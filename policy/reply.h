// The SMTP reply for a verdict: the only place where reply texts are written. No byte of a peer is in any of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/verdict.h"

namespace relay {

struct Reply {
    int code = 451;                    ///< RFC 5321 4.2: 4yz or 5yz; the milter's status is derived from it.
    std::string_view enhanced_status;  ///< RFC 3463; its class is the first digit of `code`.
    std::string_view text;             ///< ASCII, no line break, at most 400 characters. % is not escaped here.
};

/// Nothing for a permit.
std::optional<Reply> reply_for(const Verdict& verdict);

}  // namespace relay
