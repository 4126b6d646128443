// The corners of the checks of sendmail.cf that m4 does not write.
#include "milter/doctor/checks.h"
#include "tests/support/catch.h"

namespace relay::doctor {
namespace {

Machine machine_with(const char* cf) {
    Machine machine;
    machine.cf = parse_sendmail_cf(cf);
    return machine;
}

TEST_CASE("without a sendmail.cf only one check speaks") {
    Machine machine;
    machine.cf_fault = "sendmail.cf is not there";
    REQUIRE(groups()[0].checks.size() > 5);
    std::size_t said = 0;
    for (const auto& check : groups()[0].checks) said += check.run(machine).size();
    CHECK(said == 1);
}

TEST_CASE("a filter of another name is ours by its socket, under either spelling") {
    const auto machine =
        machine_with("O InputMailFilters=relay\nXrelay, S=unix:/run/milter-relay/milter-relay.sock, F=4\n");
    CHECK(check_filter(machine).at(0).level == Level::ok);
    CHECK(check_filter_flags(machine).at(0).level == Level::ok);
}

TEST_CASE("sendmail's default mechanisms count where none are set") {
    CHECK(offered_mechanisms(parse_sendmail_cf("O AuthMechanisms=PLAIN, LOGIN\n")) ==
          std::vector<std::string>{"PLAIN", "LOGIN"});
    CHECK(offered_mechanisms(parse_sendmail_cf("")).back() == "CRAM-MD5");
}

TEST_CASE("with auth-only a server that trusts no mechanism is an error") {
    auto machine = machine_with("O AuthMechanisms=PLAIN\nD{relay_policy}auth-only\n");
    CHECK(check_mechanisms(machine).at(0).level == Level::error);
    machine = machine_with("O AuthMechanisms=PLAIN\nD{relay_policy}pop-only\n");
    CHECK(check_mechanisms(machine).empty());
}

TEST_CASE("what a rule of the site gives back decides whether it lets in") {
    const auto level = [](const std::string& rule) {
        return check_site_rules(machine_with(("SLocal_check_rcpt\nR$+\t$: $1\nR" + rule + "\n").c_str())).at(0).level;
    };
    for (const char* closed : {"$*\t$#error $@ 5.7.1 $: \"no\"", "$*\t$# error $: no", "$*\t$#discard $: discard",
                               "$*\t$#TEMP $@ 4.3.0", "$* $| $#$*\t$#$2", "$*\t$@ OK", "$*\t$: $1"})
        CHECK(level(closed) == Level::ok);
    for (const char* open : {"$*\t$#OK", "$*\t$# RELAY", "198.51.100.$-\t$@ $#OK"})
        CHECK(level(open) == Level::warning);
    CHECK(check_site_rules(machine_with("SLocal_check_rcpt\nR$*\t$#OK\n")).at(0).level == Level::error);
}

TEST_CASE("listeners that all name us need no InputMailFilters, and one that does not is an error") {
    const std::string both =
        "Xmilter-relay, S=local:/run/milter-relay/milter-relay.sock, F=T\n"
        "O DaemonPortOptions=Name=A, InputMailFilters=milter-relay\nO DaemonPortOptions=Name=B";
    const auto named = machine_with((both + ", InputMailFilters=milter-relay\n").c_str());
    CHECK(check_filter(named).at(0).level == Level::ok);
    CHECK(check_listeners(named).at(0).level == Level::ok);
    const auto left_out = machine_with((both + "\n").c_str());
    CHECK(check_filter(left_out).at(0).level == Level::ok);
    CHECK(check_listeners(left_out).at(0).level == Level::error);
}

TEST_CASE("a listener's own list that has us is no fault") {
    CHECK(check_listeners(machine_with("O InputMailFilters=milter-relay\nXmilter-relay, S=local:/x, F=T\n"
                                       "O DaemonPortOptions=Name=A, InputMailFilters=other;milter-relay\n"))
              .at(0)
              .level == Level::ok);
}

}  // namespace
}  // namespace relay::doctor
