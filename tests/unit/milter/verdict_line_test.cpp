#include "milter/verdict_line.h"

#include "tests/support/catch.h"

namespace {

using namespace relay;
using namespace std::chrono_literals;

Judged judged() {
    Judged one;
    one.told.queue_id = "6AM0gX2i016059";
    one.told.listener = "MTA";
    one.told.envelope.client = Address::parse("198.51.100.7");
    one.from = "<a@b.example>";
    one.to = "<c@d.example>";
    one.verdict.action = Action::permit;
    one.verdict.via = Via::pop;
    one.verdict.reason = Reason::fresh_login;
    one.verdict.user = "alice";
    one.verdict.age = 213s;
    return one;
}

}  // namespace

TEST_CASE("the line is the one that the design promises") {
    CHECK(verdict_line(judged()) ==
          "6AM0gX2i016059: verdict=permit via=pop reason=fresh_login client=198.51.100.7 user=alice age=213 mech= "
          "from=<a@b.example> to=<c@d.example> listener=MTA policy=auth+pop mode=enforce");
}

TEST_CASE("hostile bytes can neither add a word nor a line") {
    auto one = judged();
    const std::string hostile = "x verdict=permit\n\"\xff%s";
    one.told.queue_id = one.told.listener = one.from = one.to = one.verdict.user = hostile;
    one.told.envelope.auth = Authentication{hostile, hostile, hostile, 0};
    const auto line = verdict_line(one);
    CHECK(std::count(line.begin(), line.end(), ' ') == 12);
    CHECK(line.find('\n') == line.npos);
    CHECK(line.find("from=<x\\x20verdict=permit\\x0a\\x22\\xff%s>") != line.npos);
}

TEST_CASE("the line is bounded whatever the peer sends") {
    auto one = judged();
    one.from = one.to = one.verdict.user = std::string(5000, '\x01');
    CHECK(verdict_line(one).size() < 4000);
}

TEST_CASE("without queue id, address and login the words are still there") {
    auto one = judged();
    one.told.queue_id.clear();
    one.told.envelope.client.reset();
    one.told.envelope.local_submission = true;
    one.verdict.age.reset();
    one.from = "<>";
    const auto line = verdict_line(one);
    CHECK(line.starts_with("NOQUEUE: verdict="));
    CHECK(line.find(" client=local user=alice age= mech= from=<> ") != line.npos);
    one.told.envelope.local_submission = false;
    CHECK(verdict_line(one).find(" client=unknown ") != line.npos);
}

TEST_CASE("a path without brackets gets them") {
    auto one = judged();
    one.to = "postmaster";
    CHECK(verdict_line(one).find(" to=<postmaster> ") != std::string::npos);
}

TEST_CASE("permits are info, refusals notice, deferrals warnings") {
    CHECK(severity_of(Action::permit) == Severity::info);
    CHECK(severity_of(Action::refuse) == Severity::notice);
    CHECK(severity_of(Action::defer) == Severity::warning);
}

TEST_CASE("every failed look-up has a line that says what follows") {
    auto one = judged();
    one.findings.login = Failed{"relayers.db: read\n192.0.2.1: Invalid argument"};
    CHECK(fault_lines(one) == std::vector<std::string>{"relayers.db: read\\x0a192.0.2.1: Invalid argument"});
    one.verdict.action = Action::defer;
    one.findings.our_domain = Failed{"relay-domains: cannot be read"};
    one.told.faults = {"{relay_dest} is missing"};
    CHECK(fault_lines(one) ==
          std::vector<std::string>{"{relay_dest} is missing", "relay-domains: cannot be read; deferring mail",
                                   "relayers.db: read\\x0a192.0.2.1: Invalid argument; deferring mail"});
}

TEST_CASE("counts that cannot be asked say whether mail goes by or waits") {
    auto one = judged();
    one.findings.limits = Failed{"limits: redis://db:6379: no answer within 250 ms"};
    one.verdict.action = Action::permit;
    CHECK(fault_lines(one) == std::vector<std::string>{"limits: redis://db:6379: no answer within 250 ms; letting mail go by"});
    one.verdict.action = Action::defer;
    CHECK(fault_lines(one) == std::vector<std::string>{"limits: redis://db:6379: no answer within 250 ms; deferring mail"});
}

TEST_CASE("absent and found are no faults") {
    auto one = judged();
    one.findings.login = Absent{};
    one.findings.our_domain = Listed{};
    CHECK(fault_lines(one).empty());
}

TEST_CASE("what sections in monitor mode, limits and the end of POP have to say stands at the end, in this order") {
    auto one = judged();
    one.verdict.would = {Reason::sender_not_owned, Reason::over_limit};
    CHECK(verdict_line(one).ends_with(" mode=enforce would=sender_not_owned,over_limit"));
    one.verdict.limit = "hourly";
    one.verdict.wait = 0s;
    one.verdict.pop_until = std::chrono::sys_days{std::chrono::year{2027} / 6 / 30};
    CHECK(verdict_line(one).ends_with(" mode=enforce would=sender_not_owned,over_limit limit=hourly wait=0 pop_until=2027-06-30"));
    one.verdict.would.clear();
    one.verdict.wait.reset();
    CHECK(verdict_line(one).ends_with(" mode=enforce limit=hourly pop_until=2027-06-30"));
    one.verdict.pop_until = std::chrono::sys_days{std::chrono::year{987} / 1 / 2};
    CHECK(verdict_line(one).ends_with(" pop_until=0987-01-02"));
}

TEST_CASE("a limit's name cannot add a word to the line") {
    auto one = judged();
    one.verdict.limit = "a b\nwait=1" + std::string(200, 'x');
    const auto line = verdict_line(one);
    CHECK(line.find(" limit=a\\x20b\\x0await=1xxx") != line.npos);
    CHECK(line.size() < 600);
}
