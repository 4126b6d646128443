#include "policy/source/service.h"

#include "tests/support/catch.h"
#include "tests/unit/source/service_settings.h"

using namespace relay;

namespace {

Verdict judge(const Scratch& dir, const Envelope& envelope, Findings& findings) {
    return Service{settings(dir)}.judge(envelope, findings, kNow);
}

}  // namespace

TEST_CASE("a login opens the door for its address, and shuts it when it is old") {
    const Scratch dir;
    const auto [at, action, reason] = GENERATE(table<int, Action, Reason>({
        {1'700'000'000 - 86'400, Action::permit, Reason::fresh_login},
        {1'700'000'000 - 86'401, Action::refuse, Reason::login_expired},
        {1'700'000'001, Action::permit, Reason::standing_permission},
    }));
    put_raw(dir / "relayers.db", "198.51.100.7", std::to_string(at));
    Findings findings;
    const Verdict verdict = judge(dir, stranger(), findings);
    CHECK(verdict.action == action);
    CHECK(verdict.reason == reason);
    CHECK((findings.login && findings.login->found()));
    CHECK_FALSE(findings.our_domain);  // sendmail has said where the recipient is.
}

TEST_CASE("a look-up that fails defers and says why") {
    const Scratch dir;
    write_file(dir / "relayers.db", "garbage");
    Findings findings;
    const Verdict verdict = judge(dir, stranger(), findings);
    CHECK(verdict.action == Action::defer);
    CHECK(verdict.reason == Reason::lookup_failed);
    CHECK_THAT(verdict.why, Catch::Contains(dir / "relayers.db"));
}

TEST_CASE("nothing is looked up that cannot matter") {
    const Scratch dir;
    write_file(dir / "relayers.db", "garbage");
    Envelope envelope = stranger();
    envelope.sendmail->client = RelayClient::trusted;
    Findings findings;
    CHECK(judge(dir, envelope, findings).action == Action::permit);
    CHECK_FALSE(findings.login);
    CHECK_FALSE(findings.our_domain);
}

TEST_CASE("in plain wiring the lists of domains are asked") {
    const Scratch dir;
    write_file(dir / "local-host-names", "d.example\n");
    Envelope envelope = stranger();
    envelope.sendmail.reset();
    Findings findings;
    CHECK(judge(dir, envelope, findings).reason == Reason::destination_ours);
    CHECK((findings.our_domain && findings.our_domain->found()));
    envelope.forward_path = parse_path("<c@other.example>");
    Findings others;
    CHECK(judge(dir, envelope, others).action == Action::refuse);
}
