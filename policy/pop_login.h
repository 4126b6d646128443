// Row 6: does a POP or IMAP login from the client's address permit? And if not, why: for row 10.
#pragma once

#include <variant>

#include "policy/facts.h"

namespace relay {

/// Why no login can count, whatever the database says, so that it is not asked: not_authenticated, no_login (no
/// address), pop_ended, never_network. Nothing: it is.
std::optional<Reason> why_no_login_counts(const Facts& f);

/// A verdict of the row, a Question, or why the row does not fit: no_login, login_expired, not_authenticated (the policy
/// has no POP), pop_ended, never_network, too_many_logins, login_disabled, domain_disabled, login_retired, domain_policy,
/// or lookup_failed (of relayers.db).
std::variant<Decision, Reason> pop_login(const Facts& f);

/// The user and the age of `record`, into a verdict.
void tell_login(Verdict& v, const LoginRecord& record, std::chrono::sys_seconds now);

}  // namespace relay
