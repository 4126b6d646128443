#include "policy/offence.h"

#include "tests/support/catch.h"

// tests/decisions/table/row-03-brake.txt has the cases that an admin reads.
using namespace relay;

namespace {

Verdict refused(Reason reason) {
    Verdict v;
    v.action = Action::refuse;
    v.reason = reason;
    return v;
}

}  // namespace

TEST_CASE("what a count refuses counts no further, or nobody would come out of it") {
    for (const Reason reason : {Reason::login_braked, Reason::too_many_recipients, Reason::over_recipient_limit, Reason::over_limit}) {
        CHECK(is_for_count(reason));
        CHECK_FALSE(counts_as_refusal(refused(reason)));
    }
    CHECK(counts_as_refusal(refused(Reason::sender_not_owned)));
    Verdict deferred = refused(Reason::lookup_failed);
    deferred.action = Action::defer;
    CHECK_FALSE(counts_as_refusal(deferred));
}

TEST_CASE("only a guard counts, and only against who authenticated") {
    Settings settings;
    Envelope envelope;
    envelope.auth = Authentication{"alice", {}, "PLAIN", 0};
    CHECK_FALSE(offence(settings, envelope, {}, refused(Reason::sender_not_owned)));
    settings.guard.on = true;
    CHECK(offence(settings, envelope, {}, refused(Reason::sender_not_owned)) == GuardCause::refusals);
    CHECK_FALSE(offence(settings, {}, {}, refused(Reason::sender_not_owned)));
    CHECK_FALSE(offence(settings, envelope, {}, refused(Reason::over_limit)));
}

TEST_CASE("a limit hit counts when one of the limits that stopped it is by login") {
    Settings settings;
    settings.guard.on = true;
    settings.limits.resize(2);
    settings.limits[0].name.assign("login");
    settings.limits[1].name.assign("client");
    settings.limits[1].per = LimitPer::client;
    Envelope envelope;
    envelope.auth = Authentication{"alice", {}, "PLAIN", 0};
    const auto hit = [&](std::vector<OverLimit> over) {
        Findings findings;
        findings.limits = OverLimits{std::move(over)};
        return offence(settings, envelope, findings, refused(Reason::over_limit)).has_value();
    };
    const OverLimit login{"login", Action::defer, {}, false, Mode::enforce}, client{"client", Action::defer, {}, false, Mode::enforce};
    const OverLimit monitored{"login", Action::defer, {}, false, Mode::monitor}, logged{"login", Action::permit, {}, false, Mode::enforce};
    CHECK(hit({client, login}));
    CHECK_FALSE(hit({client}));
    CHECK_FALSE(hit({client, monitored, logged}));
}
