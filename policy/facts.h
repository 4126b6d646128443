// One recipient as every row of the decision table sees it, and the verdicts that a row can give.
//
// Internal to policy/: policy.cpp has the rows, gate.cpp and pop_login.cpp what several rows or one large row need.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "policy/policy.h"

namespace relay {

struct Facts {
    const Settings& settings;
    const Envelope& envelope;
    const Findings& findings;
    std::chrono::sys_seconds now;
    Methods methods;  // In force for this recipient.
};

/// Logins of the envelope or of the findings, whose bytes they are.
using Logins = std::span<const std::string_view>;

using Answer = std::optional<Decision>;  // Nothing: the row does not fit.

bool auth_permits(Methods methods);
bool pop_permits(Methods methods);

bool sendmail_says(const Facts& f, RelayClient client);
bool sendmail_says(const Facts& f, Destination destination);
/// Only in plain wiring. A path that routes onward is not ours by its domain: our own host would send it on.
bool ours_by_its_domain(const Facts& f);

/// The login that authenticated, without the realm that SASL adds for this host: as POP and the admin's lists have it.
/// Only where there is one.
std::string_view account_of(const Facts& f);

/// The section that holds for a login's domain, the one that the user typed before the realm; null where none does.
const DomainSettings* domain_of(const Settings& settings, std::string_view login);

Verdict permit(const Facts& f, int row, Via via, Reason reason);
Verdict refuse(const Facts& f, int row, Reason reason);
Verdict defer(const Facts& f, int row, Reason reason);
/// Row 8: what failed could have stopped the recipient, so that nobody knows.
Verdict defer_for(const Facts& f, const std::string& why);

}  // namespace relay
