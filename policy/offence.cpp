#include "policy/offence.h"

#include <algorithm>

namespace relay {
namespace {

bool is_over_limits(Reason reason) { return reason == Reason::over_recipient_limit || reason == Reason::over_limit; }

bool counts_by_login(const Settings& settings, const OverLimit& over) {
    return over.mode == Mode::enforce && over.action != Action::permit &&
           std::any_of(settings.limits.begin(), settings.limits.end(), [&](const LimitSettings& limit) {
               return limit.name == over.limit && limit.per == LimitPer::login;
           });
}

bool is_limit_hit(const Settings& settings, const Findings& findings, const Verdict& verdict) {
    const bool stopped = verdict.action != Action::permit && is_over_limits(verdict.reason);
    if (!stopped || !findings.limits || !findings.limits->found()) return false;
    const auto& limits = findings.limits->value().limits;
    return std::any_of(limits.begin(), limits.end(), [&](const OverLimit& over) { return counts_by_login(settings, over); });
}

}  // namespace

bool is_for_count(Reason reason) {
    return reason == Reason::login_braked || reason == Reason::too_many_recipients || is_over_limits(reason);
}

bool counts_as_refusal(const Verdict& verdict) {
    return verdict.action == Action::refuse && !is_for_count(verdict.reason);
}

std::optional<GuardCause> offence(const Settings& settings, const Envelope& envelope, const Findings& findings,
                                  const Verdict& verdict) {
    if (!settings.guard.on || !envelope.auth) return {};
    if (counts_as_refusal(verdict)) return GuardCause::refusals;
    if (is_limit_hit(settings, findings, verdict)) return GuardCause::limit_hits;
    return {};
}

}  // namespace relay
