#include "policy/facts.h"

#include <algorithm>

#include "policy/ascii.h"
#include "policy/login_name.h"

namespace relay {
namespace {

/// Row 2 in monitor mode: it went by, and says so in whatever verdict follows.
void tell_monitored_account(const Facts& f, Verdict& v) {
    const DomainSettings* domain = domain_of(f.settings, account_of(f));
    if (domain && domain->disabled && domain->mode == Mode::monitor) v.would.push_back(Reason::domain_disabled);
    if (f.settings.account.mode != Mode::monitor || !f.findings.disabled) return;
    if (f.findings.disabled->found()) v.would.push_back(Reason::login_disabled);
    if (f.findings.disabled->failed()) v.would.push_back(Reason::lookup_failed);
}

Verdict verdict(const Facts& f, int row, Action action, Via via, Reason reason) {
    Verdict v;
    v.action = action;
    v.via = via;
    v.reason = reason;
    v.row = row;
    v.methods = f.methods;
    v.mode = f.settings.mode;
    if (!f.envelope.auth) return v;
    v.user = f.envelope.auth->identity;
    tell_monitored_account(f, v);
    return v;
}

}  // namespace

bool auth_permits(Methods methods) { return methods == Methods::auth_and_pop || methods == Methods::auth_only; }
bool pop_permits(Methods methods) { return methods == Methods::auth_and_pop || methods == Methods::pop_only; }

bool sendmail_says(const Facts& f, RelayClient client) {
    return f.envelope.sendmail && f.envelope.sendmail->client == client;
}

bool sendmail_says(const Facts& f, Destination destination) {
    return f.envelope.sendmail && f.envelope.sendmail->destination == destination;
}

bool ours_by_its_domain(const Facts& f) {
    const Path& path = f.envelope.forward_path;
    return !f.envelope.sendmail && !path.domain.empty() && !path.routes_onward;
}

std::string_view account_of(const Facts& f) {
    return without_realm(f.envelope.auth->identity, f.envelope.host_name);
}

const DomainSettings* domain_of(const Settings& settings, std::string_view login) {
    if (settings.domains.empty()) return nullptr;
    for (const std::string_view typed : typed_domains(login))
        for (const DomainSettings& domain : settings.domains)
            if (same_without_case(domain.name, typed)) return &domain;
    return nullptr;
}

Verdict permit(const Facts& f, int row, Via via, Reason reason) { return verdict(f, row, Action::permit, via, reason); }
Verdict refuse(const Facts& f, int row, Reason reason) { return verdict(f, row, Action::refuse, Via::none, reason); }
Verdict defer(const Facts& f, int row, Reason reason) { return verdict(f, row, Action::defer, Via::none, reason); }

Verdict defer_for(const Facts& f, const std::string& why) {
    Verdict v = defer(f, 8, Reason::lookup_failed);
    v.why = why;
    return v;
}

}  // namespace relay
