// The decision table. kRows is its order; each row is one function, and none knows the others.
//
// What must hold whatever row is changed: a failed finding permits nobody and refuses nobody (lookup_failed stands
// before the refusals), and only what sendmail says, a login, a network of ours or a destination of ours permits.
#include "policy/policy.h"

#include <optional>

#include "policy/ascii.h"
#include "policy/auth_strength.h"

namespace relay {
namespace {

/// One recipient, as every row sees it.
struct Facts {
    const Settings& settings;
    const Envelope& envelope;
    const Findings& findings;
    std::chrono::sys_seconds now;
    Methods methods;  // In force for this recipient.
};

using Answer = std::optional<Decision>;  // Nothing: the row does not fit.

bool auth_permits(Methods methods) { return methods == Methods::auth_and_pop || methods == Methods::auth_only; }
bool pop_permits(Methods methods) { return methods == Methods::auth_and_pop || methods == Methods::pop_only; }

bool sendmail_says(const Facts& f, RelayClient client) {
    return f.envelope.sendmail && f.envelope.sendmail->client == client;
}

bool sendmail_says(const Facts& f, Destination destination) {
    return f.envelope.sendmail && f.envelope.sendmail->destination == destination;
}

Verdict verdict(const Facts& f, int row, Action action, Via via, Reason reason) {
    Verdict v;
    v.action = action;
    v.via = via;
    v.reason = reason;
    v.row = row;
    v.methods = f.methods;
    v.mode = f.settings.mode;
    if (f.envelope.auth) v.user = f.envelope.auth->identity;
    return v;
}

Verdict permit(const Facts& f, int row, Via via, Reason reason) { return verdict(f, row, Action::permit, via, reason); }
Verdict refuse(const Facts& f, int row, Reason reason) { return verdict(f, row, Action::refuse, Via::none, reason); }
Verdict defer(const Facts& f, int row, Reason reason) { return verdict(f, row, Action::defer, Via::none, reason); }

// --- Where the recipient is

/// Without a look-up: sendmail said so, or in plain wiring chose a mailer that delivers here.
bool ours_for_certain(const Facts& f) {
    if (f.envelope.sendmail) return sendmail_says(f, Destination::ours);
    return !f.envelope.rcpt_mailer.empty() && listed_without_case(f.settings.local_mailers, f.envelope.rcpt_mailer);
}

/// Only in plain wiring. A path that routes onward is not ours by its domain: our own host would send it on.
bool ours_by_its_domain(const Facts& f) {
    const Path& path = f.envelope.forward_path;
    return !f.envelope.sendmail && !path.domain.empty() && !path.routes_onward;
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

Answer good_authentication(const Facts& f) {
    if (!f.envelope.auth || !auth_permits(f.methods)) return {};
    if (weakness(f.envelope, f.settings.auth)) return {};
    return permit(f, 3, Via::auth, Reason::authenticated);
}

Answer weak_authentication(const Facts& f) {
    if (!f.envelope.auth || !auth_permits(f.methods)) return {};
    const auto missing = weakness(f.envelope, f.settings.auth);
    if (!missing) return {};
    return refuse(f, 9, *missing);
}

// --- Which client

Answer trusted_client(const Facts& f) {
    if (sendmail_says(f, RelayClient::tls)) return permit(f, 5, Via::tls, Reason::tls_verified);
    if (sendmail_says(f, RelayClient::trusted)) return permit(f, 5, Via::trusted, Reason::trusted_by_sendmail);
    if (in_any(f.settings.trusted_networks, f.envelope.client)) return permit(f, 5, Via::trusted, Reason::trusted_network);
    if (submitted_locally(f.envelope) && !f.envelope.sendmail) return permit(f, 5, Via::trusted, Reason::local_submission);
    return {};
}

bool login_counts(const Facts& f) { return pop_permits(f.methods) && f.envelope.client; }

void tell_login(Verdict& v, const LoginRecord& record, std::chrono::sys_seconds now) {
    if (record.layout == Layout::timestamp) v.age = now - record.at;
    if (!record.logins.empty()) v.user = record.logins.front().name;
}

Answer pop_login(const Facts& f) {
    if (!login_counts(f)) return {};
    if (!f.findings.login) return Question::login;
    if (!f.findings.login->found()) return {};
    const LoginRecord& record = f.findings.login->value();
    const Freshness fresh = freshness(record, f.now, f.settings.pop.window);
    if (fresh == Freshness::expired) return {};
    Verdict v = permit(f, 6, Via::pop,
                       fresh == Freshness::standing ? Reason::standing_permission : Reason::fresh_login);
    tell_login(v, record, f.now);
    return v;
}

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
    const auto& [our_domain, login] = f.findings;
    if (ours_by_its_domain(f) && our_domain && our_domain->failed()) why.push_back(our_domain->why());
    if (login_counts(f) && login && login->failed()) why.push_back(login->why());
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

Answer no_permission(const Facts& f) {
    if (f.envelope.auth) return refuse(f, 10, Reason::auth_not_used);
    if (!pop_permits(f.methods)) return refuse(f, 10, Reason::not_authenticated);
    if (!f.envelope.client || !f.findings.login->found()) return refuse(f, 10, Reason::no_login);
    Verdict v = refuse(f, 10, Reason::login_expired);
    tell_login(v, f.findings.login->value(), f.now);
    return v;
}

using Row = Answer (*)(const Facts&);

// Row 2 is login_disabled's.
constexpr Row kRows[] = {
    ours_for_strangers,     // 1
    good_authentication,    // 3
    ours,                   // 4
    trusted_client,         // 5
    ours_looked_up,         // 1, 4
    pop_login,              // 6
    uncertain_destination,  // 7
    uncertain_client,       // 8
    failed_lookup,          // 8
    weak_authentication,    // 9
    no_permission,          // 10
};

// --- Monitor mode

/// What a stock sendmail would have permitted; in plain wiring nobody knows.
bool sendmail_would_permit(const Facts& f) {
    return sendmail_says(f, Destination::ours) || sendmail_says(f, RelayClient::auth) ||
           sendmail_says(f, RelayClient::tls) || sendmail_says(f, RelayClient::trusted);
}

void monitor(const Facts& f, Decision& decision) {
    Verdict* v = std::get_if<Verdict>(&decision);
    if (!v || v->action != Action::refuse || v->mode != Mode::monitor || !sendmail_would_permit(f)) return;
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
