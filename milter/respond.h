// Turns a Reply into libmilter's terms: the text is set, the status is derived from the code, never written beside it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "policy/reply.h"

namespace relay {

/// smfi_setreply, the context left out: 0 is success. The three texts are code, enhanced status and text.
using SetReply = std::function<int(const char* code, const char* enhanced_status, const char* text)>;

/// SMFIS_CONTINUE for a permit, SMFIS_TEMPFAIL for 4yz, SMFIS_REJECT for 5yz, also when the text cannot be set.
int respond(const std::optional<Reply>& reply, const SetReply& set_reply);

/// sendmail drops a text with a single % in it.
std::string percent_doubled(std::string_view text);

}  // namespace relay
