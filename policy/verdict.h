// The decision on one recipient: what happens, by which method, for which reason, and the row of the table that said so.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/envelope.h"
#include "policy/short_text.h"

namespace relay {

enum class Action { permit, refuse, defer };

/// The method that permitted; none where nobody did. monitor: enforce mode would have refused for this reason.
enum class Via { none, local, auth, tls, trusted, pop, monitor };

enum class Mode { enforce, monitor };

enum class Reason {
    destination_ours,       // rows 1, 4
    login_disabled,         // row 2; row 10 for a POP login
    domain_disabled,        // row 2; row 10 for a POP login: [domain."..."] disabled
    authenticated,          // row 3
    tls_verified,           // row 5
    trusted_by_sendmail,    // row 5
    trusted_network,        // row 5
    local_submission,       // row 5
    fresh_login,            // row 6
    standing_permission,    // row 6
    sender_not_owned,       // rows 3, 6
    login_braked,           // rows 3, 6
    too_many_recipients,    // rows 3, 6: [domain."..."] max_recipients
    over_recipient_limit,   // rows 3, 5, 6
    over_limit,             // rows 3, 5, 6: a limit on messages or refusals
    destination_temp,       // row 7
    client_temp,            // row 8
    lookup_failed,          // row 8
    mechanism_not_allowed,  // row 9
    mechanism_not_trusted,  // row 9
    plaintext_without_tls,  // row 9
    ssf_too_low,            // row 9
    auth_not_used,          // row 10: authenticated, but the policy is pop-only
    domain_policy,          // row 10: the policy of the login's domain does not take this method
    pop_ended,              // row 10: [pop] until is over
    never_network,          // row 10: [pop] never
    too_many_logins,        // row 10: [pop] max_logins
    login_retired,          // row 10: [pop] not_for
    login_expired,          // row 10
    no_login,               // row 10: the policy has pop, and no login is recorded
    not_authenticated,      // row 10: the policy is auth-only
};

struct Verdict {
    Action action = Action::defer;
    Via via = Via::none;
    Reason reason = Reason::lookup_failed;
    int row = 10;                              ///< 1-10, of the decision table.
    Methods methods = Methods::auth_and_pop;   ///< The policy in force for this recipient.
    Mode mode = Mode::enforce;
    ShortText user;                            ///< The login that was judged; a peer's bytes, may be empty.
    std::optional<std::chrono::seconds> age;   ///< now - login, where one was found; negative for a standing permission.
    std::string why;                           ///< Why a look-up failed, for the log; else empty.
    std::vector<Reason> would;                 ///< What sections in monitor mode would have stopped it for.
    std::string limit;                         ///< The limit that is exceeded, enforced or not; else empty.
    std::optional<std::chrono::seconds> wait;  ///< How long to wait, where a limit or a brake says so.
    std::optional<std::chrono::sys_days> pop_until;  ///< The last day of POP before SMTP, from 30 days before its end.
};

/// The words of the log line and of explain, as "fresh_login" and "auth+pop".
std::string_view name_of(Action action);
std::string_view name_of(Via via);
std::string_view name_of(Mode mode);
std::string_view name_of(Reason reason);
std::string_view name_of(Methods methods);
std::string_view name_of(Destination destination);
std::string_view name_of(RelayClient client);

/// The reverse, for macros, configuration and explain's options; nothing for an unknown word.
std::optional<Mode> mode_named(std::string_view word);
std::optional<Methods> methods_named(std::string_view word);
std::optional<Destination> destination_named(std::string_view word);
std::optional<RelayClient> relay_client_named(std::string_view word);

}  // namespace relay
