// What an MTA says to a milter in one SMTP session, as bytes, under the negotiation that the milter chose.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "policy/address.h"

namespace relay::bench {

/// The callbacks whose latency is told apart; `quit` has no answer.
enum class Callback { negotiate, connect, helo, mail, rcpt, data, header, eoh, body, eom, quit };
inline constexpr std::array<std::string_view, 11> kCallbackNames = {"negotiate", "connect", "helo", "mail",
                                                                    "rcpt", "data", "header", "eoh", "body", "eom", "quit"};

struct Step {
    Callback callback;
    std::string bytes;        ///< Its macros, where there are any, and the command; empty: negotiated away.
    bool is_answered = true;
    bool begins_command = true;  ///< A client's command comes before it, so that think time does.
};

struct Session {
    std::size_t recipients = 1;
    std::map<std::string, std::string> macros;  ///< By name, "i" or "{auth_type}", in addition to sendmail's usual ones.
};

/// The offer that sendmail 8.17 makes.
Step negotiation();

/// All behind the negotiation but the connect step; `answer` is the milter's 'O' packet. Throws std::runtime_error for
/// one that is none.
std::vector<Step> steps_of(const Session& session, std::string_view answer);
Step connect_step(const Session& session, std::string_view answer, const Address& client);

}  // namespace relay::bench
