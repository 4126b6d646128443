// What a verdict says against who sent: for the limits on refusals, and for the guard. Pure.
#pragma once

#include <optional>

#include "policy/envelope.h"
#include "policy/findings.h"
#include "policy/guard.h"
#include "policy/settings.h"
#include "policy/verdict.h"

namespace relay {

/// A limit or the brake: what stops by choice, and ends by waiting.
bool is_for_count(Reason reason);

/// A refusal, but for none that a count brought about: or nobody would ever come out of it.
bool counts_as_refusal(const Verdict& verdict);

/// What the guard counts against the login that authenticated; only a proved login can be braked, so that nobody brakes
/// another's. A limit hit is a recipient stopped by limits of which one counts by login: those by client or domain are
/// reached by others as well.
std::optional<GuardCause> offence(const Settings& settings, const Envelope& envelope, const Findings& findings,
                                  const Verdict& verdict);

}  // namespace relay
