#include "milter/sendmail/sendmail_cf.h"

#include "tests/support/catch.h"

namespace {

using relay::parse_sendmail_cf;
using Words = std::vector<std::string>;

constexpr const char* kWired =
    "#####  $Id: delay_checks.m4,v 8.9  #####\n"
    "#####\n"
    "Cwlocalhost  mx.test.example\n"
    "Fw-o /etc/mail/local-host-names %[^\\#]\n"
    "C{TrustAuthMech}PLAIN\tLOGIN\n"
    "D{relay_policy}auth+pop\n"
    "DnMAILER-DAEMON\n"
    "Kaccess hash -T<TMPF> /etc/mail/access\t# a comment\n"
    "O DaemonPortOptions=Family=inet,  Name=MTA-v4, Port=smtp, Addr=127.0.0.1\n"
    "#O DaemonPortOptions=Name=off\n"
    "O DaemonPortOptions=Name=MSA, Port=587, M=Ea, InputMailFilters=one;milter-relay\n"
    "O InputMailFilters=one, milter-relay\n"
    "O inputmailfilters=milter-relay, two\n"
    "O Timeout.ident=0\n"
    "Scheck_rcpt\n"
    "R$*\t\t\t$: $1 $| $>\"MilterRelay_site\" $1\n"
    "R$* $| $#$*\t$#$2\tfinal\n"
    "R$* $| $*\n"
    "\t$@ $>MilterRelay_check $1\n"
    "SMilterRelay_check=99\n"
    "R$*\t$@ $> Rcpt_ok $1\n"
    "Scheck_rcpt\n"
    "R$*\t$>3 $1\n"
    "Xmilter-relay, S=local:/run/m.sock, F=T, T=C:10s;S:10s;R:30s;E:1m\n"
    "Xtwo, S=inet:1@localhost\n";

TEST_CASE("the last option of a name counts, and the case of its letters does not") {
    const auto cf = parse_sendmail_cf(kWired);
    CHECK(cf.input_filters() == Words{"milter-relay", "two"});
    CHECK(cf.option("TIMEOUT.IDENT") == "0");
    CHECK_FALSE(cf.option("DeliveryMode"));
}

TEST_CASE("a filter has a socket, flags and times") {
    const auto cf = parse_sendmail_cf(kWired);
    const auto* filter = cf.filter("milter-relay");
    REQUIRE(filter);
    CHECK(filter->socket == "local:/run/m.sock");
    CHECK(filter->timeouts == "C:10s;S:10s;R:30s;E:1m");
    CHECK(filter->defers());
    CHECK_FALSE(filter->refuses());
    REQUIRE(cf.filter("two"));
    CHECK_FALSE(cf.filter("two")->defers());
    CHECK_FALSE(cf.filter("three"));
}

TEST_CASE("a listener may have filters of its own, and one that is a comment is none") {
    const auto listeners = parse_sendmail_cf(kWired).listeners();
    REQUIRE(listeners.size() == 2);
    CHECK(listeners[0].name == "MTA-v4");
    CHECK(listeners[0].address == "127.0.0.1");
    CHECK_FALSE(listeners[0].input_filters);
    CHECK(listeners[1].modifiers == "Ea");
    CHECK(listeners[1].port == "587");
    CHECK(listeners[1].line == 11);
    CHECK(listeners[1].input_filters == Words{"one", "milter-relay"});
}

TEST_CASE("maps, macros and classes keep their names and values") {
    const auto cf = parse_sendmail_cf(kWired);
    REQUIRE(cf.map("access"));
    CHECK(cf.map("access")->type == "hash");
    CHECK(cf.map("access")->arguments == "-T<TMPF> /etc/mail/access");
    CHECK(cf.macro("relay_policy") == "auth+pop");
    CHECK(cf.macro("n") == "MAILER-DAEMON");
    CHECK_FALSE(cf.macro("j"));
    CHECK(cf.words_of("w") == Words{"localhost", "mx.test.example"});
    CHECK(cf.words_of("TrustAuthMech") == Words{"PLAIN", "LOGIN"});
    CHECK(cf.classes[1].file == "-o /etc/mail/local-host-names %[^#]");
}

TEST_CASE("a ruleset that is opened twice has the rules of both, with folded lines joined") {
    const auto cf = parse_sendmail_cf(kWired);
    const auto* set = cf.ruleset("check_rcpt");
    REQUIRE(set);
    REQUIRE(set->rules.size() == 4);
    CHECK(set->rules[1].left == "$* $| $#$*");
    CHECK(set->rules[1].right == "$#$2");
    CHECK(set->rules[2].right == "$@ $>MilterRelay_check $1");
    CHECK(set->rules[2].line == 18);
    CHECK(cf.ruleset("MilterRelay_check"));
}

TEST_CASE("what a ruleset calls is followed, each once") {
    const auto cf = parse_sendmail_cf(kWired);
    CHECK(cf.reachable_from("check_rcpt") ==
          Words{"check_rcpt", "MilterRelay_site", "MilterRelay_check", "3", "Rcpt_ok"});
}

TEST_CASE("the features are known by their version lines") {
    CHECK(parse_sendmail_cf(kWired).version_ids == Words{"$Id: delay_checks.m4,v 8.9"});
}

TEST_CASE("any text is read without harm, and what is none of ours is nothing") {
    for (const auto* text :
         {"", "\n", " x\n", "O\n", "O =\n", "X\n", "K\n", "D\n", "D{\n", "C\n", "S\nR\n", "R$*\t$@\n", "\t\n\tb"}) {
        const auto cf = parse_sendmail_cf(text);
        CHECK(cf.listeners().empty());
        CHECK(cf.input_filters().empty());
    }
}

}  // namespace
