// The decision table. kRows is its order; each row is one function, and none knows the others.
//
// What must hold whatever row is changed: a failed finding permits nobody and refuses nobody (lookup_failed stands
// before the refusals), and only what sendmail says, a login, a network of ours or a destination of ours permits.
#include "policy/policy.h"

#include "policy/ascii.h"
#include "policy/auth_strength.h"
#include "policy/gate.h"
#include "policy/offence.h"
#include "policy/pop_login.h"

namespace relay {
namespace {

// --- Where the recipient is

/// Without a look-up: sendmail said so, or in plain wiring chose a mailer that delivers here.
bool ours_for_certain(const Facts& f) {
    if (f.envelope.sendmail) return sendmail_says(f, Destination::ours);
    return !f.envelope.rcpt_mailer.empty() && listed_without_case(f.settings.local_mailers, f.envelope.rcpt_mailer);
}

Answer ours_for_strangers(const Facts& f) {
    if (f.envelope.auth || !ours_for_certain(f)) return {};
    return permit(f, 1, Via::local, Reason::destination_ours);
}

Answer ours(const Facts& f) {
    if (!ours_for_certain(f)) return {};
    return permit(f, 4, Via::local, Reason::destination_ours);
}

/// Rows 1 and 4 where only the lists of domains can tell; after row 5, which needs no look-up.
Answer ours_looked_up(const Facts& f) {
    if (!ours_by_its_domain(f)) return {};
    if (!f.findings.our_domain) return Question::our_domain;
    if (!f.findings.our_domain->found()) return {};
    return permit(f, f.envelope.auth ? 4 : 1, Via::local, Reason::destination_ours);
}

// --- Who authenticated

Answer disabled_account(const Facts& f) {
    if (!f.envelope.auth) return {};
    const std::string_view account = account_of(f);
    const DomainSettings* domain = domain_of(f.settings, account);
    if (domain && domain->disabled && domain->mode == Mode::enforce) return refuse(f, 2, Reason::domain_disabled);
    if (f.settings.account.disabled.empty()) return {};
    const auto& disabled = f.findings.disabled;
    if (!disabled) return Question{Question::disabled, {std::string{account}}};
    if (f.settings.account.mode == Mode::monitor || disabled->absent()) return {};
    if (disabled->failed()) return defer_for(f, disabled->why());
    return refuse(f, 2, Reason::login_disabled);
}

/// The policy of the login's domain, where it has one; it only narrows.
Methods methods_of_domain(const DomainSettings* domain) {
    return domain && domain->methods ? *domain->methods : Methods::auth_and_pop;
}

/// Does an authentication count: by the policy, and by that of the login's domain?
bool auth_counts(const Facts& f) {
    if (!f.envelope.auth || !auth_permits(f.methods)) return false;
    const DomainSettings* domain = domain_of(f.settings, account_of(f));
    return auth_permits(methods_of_domain(domain)) || domain->mode == Mode::monitor;
}

Answer good_authentication(const Facts& f) {
    if (!auth_counts(f) || weakness(f.envelope, f.settings.auth)) return {};
    const std::string_view account = account_of(f);
    Verdict v = permit(f, 3, Via::auth, Reason::authenticated);
    if (!auth_permits(methods_of_domain(domain_of(f.settings, account)))) v.would.push_back(Reason::domain_policy);
    return gate(f, std::move(v), {&account, 1});
}

Answer weak_authentication(const Facts& f) {
    if (!auth_counts(f)) return {};
    const auto missing = weakness(f.envelope, f.settings.auth);
    if (!missing) return {};
    return refuse(f, 9, *missing);
}

// --- Which client

std::optional<Verdict> trusted(const Facts& f) {
    if (sendmail_says(f, RelayClient::tls)) return permit(f, 5, Via::tls, Reason::tls_verified);
    if (sendmail_says(f, RelayClient::trusted)) return permit(f, 5, Via::trusted, Reason::trusted_by_sendmail);
    if (in_any(f.settings.trusted_networks, f.envelope.client)) return permit(f, 5, Via::trusted, Reason::trusted_network);
    if (submitted_locally(f.envelope) && !f.envelope.sendmail) return permit(f, 5, Via::trusted, Reason::local_submission);
    return {};
}

/// Its limits do not count what is no relaying, so that in plain wiring the destination has to be known before.
Answer trusted_client(const Facts& f) {
    auto permitted = trusted(f);
    if (!permitted) return {};
    if (!f.settings.limits.empty() && ours_by_its_domain(f)) {
        if (!f.findings.our_domain) return Question{Question::our_domain};
        if (f.findings.our_domain->found()) return {};
    }
    return gate(f, *std::move(permitted), {});  // A host that is trusted may send in any name.
}

Answer trusted_and_free(const Facts& f) { return unless_refused(trusted_client(f)); }

/// Row 6; a Reason is for row 10. A client that row 5's limits refuse is not helped by a login: they hold here as well.
std::variant<Decision, Reason> by_login(const Facts& f) {
    if (trusted(f)) return Reason::no_login;
    return pop_login(f);
}

Answer logged_in_client(const Facts& f) {
    auto answer = by_login(f);
    if (Decision* decision = std::get_if<Decision>(&answer)) return std::move(*decision);
    return {};
}

Answer logged_in_and_free(const Facts& f) { return unless_refused(logged_in_client(f)); }

// --- Not now, or not at all

Answer uncertain_destination(const Facts& f) {
    if (!sendmail_says(f, Destination::temp)) return {};
    return defer(f, 7, Reason::destination_temp);
}

Answer uncertain_client(const Facts& f) {
    if (!sendmail_says(f, RelayClient::temp)) return {};
    return defer(f, 8, Reason::client_temp);
}

/// Why look-ups failed that a row above has asked for; others could not have permitted.
std::vector<std::string> failures(const Facts& f) {
    std::vector<std::string> why;
    const auto& our_domain = f.findings.our_domain;
    if (ours_by_its_domain(f) && our_domain && our_domain->failed()) why.push_back(our_domain->why());
    const auto login = by_login(f);
    if (const Reason* reason = std::get_if<Reason>(&login); reason && *reason == Reason::lookup_failed)
        why.push_back(f.findings.login->why());
    // Sendmail found credentials that it trusts, but we were not told whose: a macro is missing.
    if (auth_permits(f.methods) && sendmail_says(f, RelayClient::auth) && !f.envelope.auth)
        why.emplace_back("sendmail trusts an authentication whose {auth_authen} is missing");
    return why;
}

Answer failed_lookup(const Facts& f) {
    const auto why = failures(f);
    if (why.empty()) return {};
    Verdict v = defer(f, 8, Reason::lookup_failed);
    for (const std::string& failure : why) v.why += (v.why.empty() ? "" : "; ") + failure;
    return v;
}

/// AUTH that does not count is no advice to give to somebody who authenticated.
Reason why_not_permitted(const Facts& f) {
    if (f.envelope.auth) return auth_permits(f.methods) ? Reason::domain_policy : Reason::auth_not_used;
    const auto answer = by_login(f);
    const Reason* reason = std::get_if<Reason>(&answer);
    return reason ? *reason : Reason::no_login;
}

Answer no_permission(const Facts& f) {
    const Reason reason = why_not_permitted(f);
    Verdict v = refuse(f, 10, reason);
    const auto& login = f.findings.login;
    if (!f.envelope.auth && !why_no_login_counts(f) && login->found()) tell_login(v, login->value(), f.now);
    return v;
}

using Row = Answer (*)(const Facts&);

constexpr Row kRows[] = {
    ours_for_strangers,     // 1
    disabled_account,       // 2
    good_authentication,    // 3
    ours,                   // 4
    trusted_and_free,       // 5
    ours_looked_up,         // 1, 4
    logged_in_and_free,     // 6
    uncertain_destination,  // 7
    uncertain_client,       // 8
    failed_lookup,          // 8
    trusted_client,         // 5, where its limits refuse: 7 and 8 might have permitted
    logged_in_client,       // 6, likewise
    weak_authentication,    // 9
    no_permission,          // 10
};

// --- Monitor mode

/// What a stock sendmail would have permitted; in plain wiring nobody knows.
bool sendmail_would_permit(const Facts& f) {
    return sendmail_says(f, Destination::ours) || sendmail_says(f, RelayClient::auth) ||
           sendmail_says(f, RelayClient::tls) || sendmail_says(f, RelayClient::trusted);
}

/// Not by a fault: limits and the brake defer by choice.
bool stopped_by_policy(const Verdict& v) {
    if (v.action != Action::defer) return v.action == Action::refuse;
    return is_for_count(v.reason);
}

void monitor(const Facts& f, Decision& decision) {
    Verdict* v = std::get_if<Verdict>(&decision);
    if (!v || !stopped_by_policy(*v) || v->mode != Mode::monitor || !sendmail_would_permit(f)) return;
    v->action = Action::permit;
    v->via = Via::monitor;
}

}  // namespace

Decision Policy::decide(const Envelope& envelope, const Findings& findings, std::chrono::sys_seconds now) const {
    const Facts facts{settings_, envelope, findings, now, envelope.methods.value_or(settings_.methods)};
    for (const Row row : kRows) {
        if (Answer answer = row(facts)) {
            monitor(facts, *answer);
            return *std::move(answer);
        }
    }
    return Verdict{};  // The last row always fits; if not, a Verdict without more is a defer.
}

}  // namespace relay
