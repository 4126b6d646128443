// What must never happen, over random envelopes, findings and settings.
#include <set>

#include "policy/policy.h"
#include "tests/property/generators.h"
#include "tests/property/property.h"

using namespace relay;
using property::holds;
using property::kNow;

namespace {

struct Facts {
    Settings settings = *property::settings();
    Envelope envelope = *property::envelope();
    Findings findings = *property::findings();

    [[nodiscard]] Decision decide(const Findings& found) const { return Policy{settings}.decide(envelope, found, kNow); }
    [[nodiscard]] Verdict judge(const Findings& found) const { return std::get<Verdict>(decide(found)); }
    [[nodiscard]] Verdict judge() const { return judge(findings); }
};

std::string text_of(const Verdict& v) {
    return std::string{name_of(v.action)} + " via " + std::string{name_of(v.via)} + " row " + std::to_string(v.row) + ' ' +
           std::string{name_of(v.reason)} + " user " + std::string{v.user} + " age " + (v.age ? std::to_string(v.age->count()) : "-") + " why " + v.why;
}

Findings with_domain(Findings findings, Lookup<Listed> answer) {
    findings.our_domain = std::move(answer);
    return findings;
}

Findings with_login(Findings findings, Lookup<LoginRecord> answer) {
    findings.login = std::move(answer);
    return findings;
}

/// One finding, by its Question::Kind: to copy it from other findings, and to let it fail.
struct Member {
    void (*copy)(Findings& to, const Findings& from);
    void (*fail)(Findings& of);
};

template <auto member>
constexpr Member member_of() {
    return {[](Findings& to, const Findings& from) { to.*member = from.*member; },
            [](Findings& of) { of.*member = Failed{"x"}; }};
}

constexpr Member kMembers[Question::kKinds] = {
    member_of<&Findings::our_domain>(),   member_of<&Findings::login>(),       member_of<&Findings::disabled>(),
    member_of<&Findings::pop_disabled>(), member_of<&Findings::pop_retired>(), member_of<&Findings::sender>(),
    member_of<&Findings::sender_domain>(), member_of<&Findings::brake>(),      member_of<&Findings::limits>()};

/// Not only by monitor mode, which lets a fault be a fault.
bool permitted(const Verdict& v) { return v.action == Action::permit && v.via != Via::monitor; }

bool is_limit(Reason reason) {
    return reason == Reason::login_braked || reason == Reason::too_many_recipients ||
           reason == Reason::over_recipient_limit || reason == Reason::over_limit;
}

void switch_sections_off(Settings& s) {
    s.account = {};
    s.sender = {};
    s.domains.clear();
    s.limits.clear();
    s.guard = {};
    s.pop.max_logins = 0;
    s.pop.never = std::vector<Network>{};
    s.pop.until.reset();
    s.pop.not_for.clear();
}

bool has_sections(const Settings& s) {
    return !s.account.disabled.empty() || s.sender.check != SenderCheck::off || !s.domains.empty() || !s.limits.empty() ||
           s.guard.on || !s.pop.not_for.empty();
}

void monitor_sections(Facts& f) {
    Settings& s = f.settings;
    s.account.mode = s.sender.mode = s.guard.mode = s.pop.mode = Mode::monitor;
    for (DomainSettings& domain : s.domains) domain.mode = Mode::monitor;
    for (LimitSettings& limit : s.limits) limit.mode = Mode::monitor;
    if (!f.findings.limits->found()) return;
    OverLimits over = f.findings.limits->value();
    for (OverLimit& limit : over.limits) limit.mode = Mode::monitor;
    f.findings.limits = over;
}

/// Counts that cannot be asked are judged like this where the admin would rather let mail go by.
Findings uncounted_if_lost(const Facts& f, Findings findings) {
    if (f.settings.limit_store.on_failure != Action::permit) return findings;
    findings.brake = Lookup<Braked>{Absent{}};
    findings.limits = Lookup<OverLimits>{Absent{}};
    return findings;
}

/// Could anything at all be a ground to take this recipient? Written apart from the table, and as wide as can be.
bool has_some_ground(const Facts& f) {
    const Envelope& e = f.envelope;
    const Methods methods = e.methods.value_or(f.settings.methods);
    if (e.auth && !e.sendmail && methods != Methods::pop_only) return true;
    if (e.sendmail) {
        if (e.sendmail->destination == Destination::ours) return true;
        const RelayClient client = e.sendmail->client;
        if (client == RelayClient::auth || client == RelayClient::tls || client == RelayClient::trusted) return true;
    } else {
        if (e.rcpt_mailer == "local" || (!e.client && e.local_submission)) return true;
        if (f.findings.our_domain->found() && !e.forward_path.routes_onward && !e.forward_path.domain.empty()) return true;
    }
    if (in_any(f.settings.trusted_networks, e.client)) return true;
    return methods != Methods::auth_only && e.client && f.findings.login->found() &&
           freshness(f.findings.login->value(), kNow, f.settings.pop.window) != Freshness::expired;
}

}  // namespace

TEST_CASE("a stranger never relays") {
    holds("without AUTH, certificate, trust, network, fresh login or a destination of ours nothing is permitted, in any mode", [] {
        const Facts f;
        const Verdict v = f.judge();
        if (!has_some_ground(f)) RC_ASSERT(v.action != Action::permit);
    });
    holds("the same for facts that give no ground at all", [] {
        Facts f;
        f.envelope.auth.reset();
        f.envelope.client = Address::parse("203.0.113.9");
        f.envelope.rcpt_mailer = "esmtp";
        if (f.envelope.sendmail) {
            f.envelope.sendmail->client = *rc::gen::element(RelayClient::unknown, RelayClient::temp);
            f.envelope.sendmail->destination = *rc::gen::element(Destination::other, Destination::temp);
        } else if (f.findings.our_domain->found()) {
            f.findings.our_domain = Lookup<Listed>{Absent{}};
        }
        if (f.findings.login->found()) f.findings.login = LoginRecord{Layout::timestamp, kNow - f.settings.pop.window - std::chrono::seconds{1}, {}};
        RC_ASSERT(f.judge().action != Action::permit);
    });
}

TEST_CASE("a failed look-up permits nobody") {
    holds("what is permitted when a look-up failed is permitted whatever it would have found, or as if nothing were counted", [] {
        const Facts f;
        const Findings others = uncounted_if_lost(f, *property::findings());
        for (const Member& member : kMembers) {
            Findings failed = f.findings, other = f.findings;
            member.fail(failed);
            member.copy(other, others);
            if (f.judge(failed).action == Action::permit) RC_ASSERT(f.judge(other).action == Action::permit);
        }
    });
}

TEST_CASE("a failed look-up refuses nobody who might have been permitted") {
    holds("what is refused when a look-up failed is refused whatever it would have found", [] {
        const Facts f;
        const Findings others = *property::findings();
        for (const Member& member : kMembers) {
            Findings failed = f.findings, other = f.findings;
            member.fail(failed);
            member.copy(other, others);
            if (f.judge(failed).action == Action::refuse) RC_ASSERT(f.judge(other).action != Action::permit);
        }
    });
    holds("and neither when all failed", [] {
        const Facts f;
        Findings failed = f.findings;
        for (const Member& member : kMembers) member.fail(failed);
        if (f.judge(failed).action == Action::refuse) RC_ASSERT(f.judge().action != Action::permit);
        if (f.judge(failed).action == Action::permit) RC_ASSERT(f.judge(uncounted_if_lost(f, f.findings)).action == Action::permit);
    });
}

TEST_CASE("what sendmail cannot tell just now permits nobody and refuses nobody who might have been permitted") {
    holds("whatever it would have told of the client", [] {
        Facts f;
        f.envelope.sendmail = SendmailSays{*rc::gen::element(Destination::ours, Destination::other, Destination::temp), RelayClient::temp};
        const Verdict uncertain = f.judge();
        for (const RelayClient client : {RelayClient::auth, RelayClient::tls, RelayClient::trusted, RelayClient::unknown}) {
            if (client == RelayClient::auth && !f.envelope.auth) continue;
            f.envelope.sendmail->client = client;
            if (uncertain.action == Action::refuse) RC_ASSERT(!permitted(f.judge()));
            if (client == RelayClient::unknown && permitted(uncertain)) RC_ASSERT(permitted(f.judge()));
        }
    });
    holds("whatever it would have told of the destination", [] {
        Facts f;
        f.envelope.sendmail = SendmailSays{Destination::temp, *rc::gen::element(RelayClient::auth, RelayClient::tls, RelayClient::trusted,
                                                                                RelayClient::temp, RelayClient::unknown)};
        const Verdict uncertain = f.judge();
        for (const Destination destination : {Destination::ours, Destination::other}) {
            f.envelope.sendmail->destination = destination;
            if (uncertain.action == Action::refuse) RC_ASSERT(!permitted(f.judge()));
            if (destination == Destination::other && permitted(uncertain)) RC_ASSERT(permitted(f.judge()));
        }
    });
}

TEST_CASE("a look-up that succeeds never costs a permission") {
    holds("found where absent was permitted is permitted too", [] {
        const Facts f;  // Of what gives a permission: the lists of domains and the logins.
        if (permitted(f.judge(with_domain(f.findings, Absent{}))))
            RC_ASSERT(f.judge(with_domain(f.findings, Listed{})).action == Action::permit);
        if (permitted(f.judge(with_login(f.findings, Absent{}))))
            RC_ASSERT(f.judge(with_login(f.findings, *property::login_record())).action == Action::permit);
    });
}

TEST_CASE("monitor mode permits only what enforce mode or sendmail would") {
    holds("and differs from enforce mode in nothing but refusals", [] {
        Facts f;
        f.settings.mode = Mode::enforce;
        const Verdict enforced = f.judge();
        f.settings.mode = Mode::monitor;
        const Verdict monitored = f.judge();
        RC_ASSERT(monitored.row == enforced.row);
        RC_ASSERT(monitored.reason == enforced.reason);
        RC_ASSERT((monitored.via == Via::monitor) == (monitored.action != enforced.action));
        if (monitored.action == enforced.action) return;
        RC_ASSERT(enforced.action == Action::refuse || is_limit(enforced.reason));
        RC_ASSERT(monitored.action == Action::permit);
        RC_ASSERT(f.envelope.sendmail);
        const SendmailSays says = *f.envelope.sendmail;
        RC_ASSERT(says.destination == Destination::ours || says.client == RelayClient::auth || says.client == RelayClient::tls ||
                  says.client == RelayClient::trusted);
    });
}

TEST_CASE("sections in monitor mode change no verdict") {
    holds("all of them monitoring is as good as none of them", [] {
        Facts watched;
        monitor_sections(watched);
        Facts off = watched;
        switch_sections_off(off.settings);
        const Verdict v = watched.judge(), without = off.judge();
        RC_ASSERT(v.action == without.action);
        RC_ASSERT(without.would.empty());
        // In plain wiring limits ask for the destination first, so that a permit may name another ground.
        if (v.action == Action::permit) return;
        RC_ASSERT(v.reason == without.reason);
        RC_ASSERT(v.row == without.row);
    });
}

TEST_CASE("sections only narrow") {
    holds("what is permitted with them is permitted without them", [] {
        Facts f;
        const Verdict with = f.judge();
        switch_sections_off(f.settings);
        if (permitted(with)) RC_ASSERT(f.judge().action == Action::permit);
    });
}

TEST_CASE("answers given in advance and answers asked for lead to the same verdict") {
    holds("each question is asked once, the domain before the login, and the limits last, where all else permits", [] {
        const Facts f;
        Findings asked;
        std::set<Question::Kind> kinds;
        Decision decision = f.decide(asked);
        while (const Question* question = std::get_if<Question>(&decision)) {
            const Question::Kind kind = question->kind;
            RC_ASSERT(!kinds.contains(Question::limits));
            RC_ASSERT(kinds.insert(kind).second);
            if (kind == Question::our_domain) RC_ASSERT(!kinds.contains(Question::login));
            if (kind == Question::limits) {
                Findings within = asked;
                within.limits = Lookup<OverLimits>{Absent{}};
                RC_ASSERT(f.judge(within).action == Action::permit);
            }
            kMembers[kind].copy(asked, f.findings);
            decision = f.decide(asked);
        }
        RC_ASSERT(text_of(std::get<Verdict>(decision)) == text_of(f.judge()));
        if (!has_sections(f.settings)) RC_ASSERT(kinds.size() <= 2U);
    });
}

TEST_CASE("a failed look-up in a verdict always says why") {
    holds("lookup_failed has a why unless the source had none, and no other verdict has one", [] {
        const Facts f;
        const Verdict v = f.judge();
        if (v.reason != Reason::lookup_failed) RC_ASSERT(v.why.empty());
        RC_ASSERT((v.action == Action::permit) == (v.via != Via::none));
        RC_ASSERT(v.row >= 1);
        RC_ASSERT(v.row <= 10);
        RC_ASSERT(v.mode == f.settings.mode);
        RC_ASSERT(v.methods == f.envelope.methods.value_or(f.settings.methods));
        if (f.envelope.auth) RC_ASSERT(!v.user.empty());
    });
}

TEST_CASE("the random facts meet every row and every action, so that the properties above mean something") {
    std::set<int> rows;
    holds("rows are collected", [&rows] { rows.insert(Facts{}.judge().row); });
    CHECK(rows.size() >= 7);
}
