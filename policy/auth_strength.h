// Is an authentication good enough to relay by (row 3), and if not, what is missing (row 9)?
#pragma once

#include <optional>

#include "policy/envelope.h"
#include "policy/settings.h"
#include "policy/verdict.h"

namespace relay {

/// No address, and sendmail says that this is so because there is no network: sendmail -bs.
bool submitted_locally(const Envelope& envelope);

/// What `envelope.auth`, which must be there, is missing; the first in the order mechanism_not_allowed,
/// plaintext_without_tls, ssf_too_low, mechanism_not_trusted. Nothing when it is good enough.
std::optional<Reason> weakness(const Envelope& envelope, const AuthSettings& wanted);

}  // namespace relay
