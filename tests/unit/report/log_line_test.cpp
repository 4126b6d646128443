#include "milter/report/log_line.h"

#include "milter/report/report_words.h"
#include "milter/verdict_line.h"
#include "tests/support/catch.h"

namespace relay::report {
namespace {

const std::string kText =
    "6AM0gX2i016059: verdict=permit via=pop reason=fresh_login client=198.51.100.7 user=alice age=213 "
    "mech= from=<a@b.example> to=<c@d.example> listener=MTA policy=auth+pop mode=enforce";

TEST_CASE("each form of a syslog line with our tag is ours") {
    for (const std::string head :
         {"Nov 22 06:56:47 mx milter-relay[9]: ", "Nov  2 06:56:47 mx milter-relay[9]: ",
          "2026-11-22T06:56:47.123456+01:00 mx milter-relay[9]: ", "2026-11-22T06:56:47+0000 mx milter-relay[9]: ",
          "Nov 22 06:56:47 <mail.info> mx milter-relay[9]: ", "Nov 22 06:56:47 milter-relay[9]: ",
          "Nov 22 06:56:47 mx milter-relay[9]: milter-relay[9]: "}) {
        const auto line = head + kText;
        const auto ours = our_line(line);
        REQUIRE(ours);
        CHECK(ours->text == kText);
        CHECK(head.starts_with(ours->stamp));
    }
}

TEST_CASE("a line of another program is not ours, whatever it quotes") {
    for (const std::string head :
         {"Nov 22 06:56:47 mx sendmail[9]: ", "Nov 22 06:56:47 mx sendmail[9]: milter-relay[9]: ",
          "Nov 22 06:56:47 mx milter-relay: ", "Nov 22 06:56:47 mx milter-relay[x]: ",
          "Nov 22 06:56:47 mx milter-relay[]: ", "Nov 22 06:56:47 mx milter-relay[9] ",
          "Nov 22 06:56:47 mx not-milter-relay[9]: ", "milter-relay[9]: ", ""})
        CHECK_FALSE(our_line(head + kText));
    CHECK_FALSE(our_line(""));
    CHECK_FALSE(our_line("Nov 22 06:56:47"));
}

TEST_CASE("a line that is no verdict has no words") {
    for (const char* text : {"", "listening on local:/run/x", "relayers.db: read: Input/output error; deferring mail",
                             "x verdict=permit via=pop", ": verdict=permit", "verdict=permit via=pop"})
        CHECK_FALSE(verdict_words(text));
}

TEST_CASE("keys that are not known are passed over, and of two the first counts") {
    const auto words =
        verdict_words("NOQUEUE: verdict=refuse new=1 via=none reason=limit client=192.0.2.1 via=pop tail");
    REQUIRE(words);
    CHECK(words->queue_id == "NOQUEUE");
    CHECK(words->verdict == "refuse");
    CHECK(words->via == "none");
    CHECK(words->reason == "limit");
    CHECK(words->user.empty());
}

TEST_CASE("what the daemon writes is read back, also a login that tries to forge a line") {
    Judged judged;
    judged.told.queue_id = "6AM0gX2i016059";
    judged.told.envelope.client = Address::parse("198.51.100.7");
    judged.verdict.action = Action::permit;
    judged.verdict.via = Via::pop;
    judged.verdict.reason = Reason::fresh_login;
    judged.verdict.user = "eve via=auth user=alice\nNov 22 06:56:47 mx milter-relay[9]: \\\"x";
    const auto line = "Nov 22 06:56:47 mx milter-relay[9]: " + verdict_line(judged);
    const auto words = verdict_words(our_line(line)->text);
    REQUIRE(words);
    CHECK(words->via == "pop");
    CHECK(words->client == "198.51.100.7");
    CHECK(unescaped(words->user) == judged.verdict.user);
}

}  // namespace
}  // namespace relay::report
