// One SMTP connection: who connected, the message that is open, and the Service that it began with.
//
// Pure C++: no libmilter, no clock. One thread at a time; libmilter never runs two callbacks of a connection at once.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "milter/macros.h"
#include "policy/findings.h"
#include "policy/reply.h"
#include "policy/source/service.h"
#include "policy/verdict.h"

namespace relay {

/// All that is known of one recipient's judgement, for the reply, the log line and `explain`.
struct Judged {
    Told told;
    std::string from;  ///< The reverse-path as the peer sent it.
    std::string to;    ///< The forward-path as the peer sent it.
    Findings findings;
    Verdict verdict;
    std::optional<Reply> reply;  ///< Nothing for a permit.
};

/// The SMTP transaction that a recipient belongs to.
struct Message {
    std::string reverse_path;             ///< As the peer sent it.
    unsigned recipients_permitted = 0;    ///< Before this one.
    bool counted = false;                 ///< By the limits on messages, at its first recipient that they permitted.
};

/// The only way from macros and paths to a verdict: the daemon and `explain` both go through here.
Judged judge(const Service& service, const Client& client, const Message& message, std::string_view forward_path,
             const MacroGetter& macro, std::chrono::sys_seconds now);

class Session {
public:
    Session(std::shared_ptr<const Service> service, Client client)
        : service_{std::move(service)}, client_{client} {}

    /// MAIL. One that follows another without RSET begins anew (RFC 5321 4.1.4: sendmail refused the first).
    void begin_message(std::string_view reverse_path) { message_ = Message{std::string{reverse_path}, 0}; }
    /// RSET, the end of the data, or whatever else ends a message.
    void end_message() { message_.reset(); }

    /// RCPT; nothing when no message is open, to which the answer is a temporary failure.
    [[nodiscard]] std::optional<Judged> judge_recipient(std::string_view forward_path, const MacroGetter& macro,
                                                        std::chrono::sys_seconds now);

private:
    std::shared_ptr<const Service> service_;
    Client client_;
    std::optional<Message> message_;
};

}  // namespace relay
