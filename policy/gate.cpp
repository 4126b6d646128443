// kChecks is the order. Limits come last, since asking for them charges them: a recipient that is stopped costs nothing.
#include "policy/gate.h"

#include <algorithm>

#include "policy/sender.h"

namespace relay {
namespace {

struct Passage {
    const Facts& f;
    Verdict permit;
    Logins logins;
};

Answer stop(Passage& p, Mode section, Action action, Reason reason) {
    if (section == Mode::monitor || action == Action::permit) {
        p.permit.would.push_back(reason);
        return {};
    }
    p.permit.action = action;
    p.permit.via = Via::none;
    p.permit.reason = reason;
    return p.permit;
}

Answer stop_for_failure(Passage& p, Mode section, const std::string& why) {
    if (section == Mode::monitor) return stop(p, section, Action::defer, Reason::lookup_failed);
    Verdict v = defer_for(p.f, why);
    v.user = p.permit.user;
    return v;
}

/// Limits and the brake: counts that cannot be asked stop nobody unless the admin wants it ([limits] on_failure).
Answer unless_permitted(Passage& p, Mode section, const std::string& why) {
    if (p.f.settings.limit_store.on_failure != Action::permit) return stop_for_failure(p, section, why);
    const auto& would = p.permit.would;
    if (std::find(would.begin(), would.end(), Reason::lookup_failed) != would.end()) return {};
    return stop_for_failure(p, Mode::monitor, why);
}

Answer sender(Passage& p) {
    const SenderSettings& section = p.f.settings.sender;
    if (section.check == SenderCheck::off || p.logins.empty()) return {};
    const SenderRight right = sender_right(p.f, p.logins);
    if (const Question* question = std::get_if<Question>(&right)) return *question;
    const auto& owner = std::get<Lookup<std::string_view>>(right);
    if (owner.failed()) return stop_for_failure(p, section.mode, owner.why());
    if (owner.absent()) return stop(p, section.mode, Action::refuse, Reason::sender_not_owned);
    if (owner.value() != p.logins.front()) p.permit.user = owner.value();
    p.logins = {std::ranges::find(p.logins, owner.value()), 1};
    return {};
}

Answer brake(Passage& p) {
    const GuardSettings& section = p.f.settings.guard;
    if (!section.on || p.logins.empty()) return {};
    const auto& braked = p.f.findings.brake;
    if (!braked) return Question{Question::brake, {std::string{p.logins.front()}}};
    if (braked->failed()) return unless_permitted(p, section.mode, braked->why());
    if (braked->absent()) return {};
    Answer stopped = stop(p, section.mode, braked->value().action, Reason::login_braked);
    if (stopped && braked->value().left.count() > 0) std::get<Verdict>(*stopped).wait = braked->value().left;
    return stopped;
}

Answer recipients_of_message(Passage& p) {
    const DomainSettings* domain = p.logins.empty() ? nullptr : domain_of(p.f.settings, p.logins.front());
    if (!domain || domain->max_recipients == 0 || p.f.envelope.recipients_before < domain->max_recipients) return {};
    return stop(p, domain->mode, Action::defer, Reason::too_many_recipients);
}

/// monitor only when every limit is: nobody knows which one could not be looked up.
Mode mode_of(const std::vector<LimitSettings>& limits) {
    const bool enforced = std::any_of(limits.begin(), limits.end(),
                                      [](const LimitSettings& limit) { return limit.mode == Mode::enforce; });
    return enforced ? Mode::enforce : Mode::monitor;
}

Answer limits(Passage& p) {
    if (p.f.settings.limits.empty()) return {};
    const auto& over = p.f.findings.limits;
    if (!over) return Question{Question::limits, {p.logins.begin(), p.logins.begin() + (p.logins.empty() ? 0 : 1)}};
    if (over->failed()) return unless_permitted(p, mode_of(p.f.settings.limits), over->why());
    if (over->absent()) return {};
    for (const OverLimit& limit : over->value().limits) {
        if (p.permit.limit.empty()) {
            p.permit.limit = limit.limit;
            p.permit.wait = limit.wait;
        }
        const Reason reason = limit.recipients ? Reason::over_recipient_limit : Reason::over_limit;
        if (Answer stopped = stop(p, limit.mode, limit.action, reason)) return stopped;
    }
    return {};
}

constexpr Answer (*kChecks[])(Passage&) = {sender, brake, recipients_of_message, limits};

}  // namespace

Decision gate(const Facts& f, Verdict permit, Logins logins) {
    Passage passage{f, std::move(permit), logins};
    for (const auto check : kChecks)
        if (Answer stopped = check(passage)) return *std::move(stopped);
    return std::move(passage.permit);
}

Answer unless_refused(Answer answer) {
    const Verdict* verdict = answer ? std::get_if<Verdict>(&*answer) : nullptr;
    return verdict && verdict->action == Action::refuse ? Answer{} : std::move(answer);
}

}  // namespace relay
