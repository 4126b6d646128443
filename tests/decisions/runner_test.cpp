// The runner itself: it must not take a wrong or misspelt table for a right one.
#include <sstream>

#include "tests/decisions/expectation.h"
#include "tests/support/catch.h"

using namespace decisions;

namespace {

std::vector<std::string> problems_of(const std::string& text) {
    std::istringstream file{text};
    Report report{"t.txt"};
    Coverage coverage;
    run_file(file, report, coverage);
    return report.problems();
}

/// One problem, at that line, with those words.
void finds(const std::string& text, const std::string& where, const std::string& words) {
    const auto problems = problems_of(text);
    INFO(text);
    for (const std::string& problem : problems) INFO(problem);
    REQUIRE(problems.size() == 1);
    INFO(problems.front());
    CHECK(problems.front().starts_with("t.txt:" + where + ": "));
    CHECK(problems.front().find(words) != std::string::npos);
}

const std::string kGiven =
    "given a stranger\n"
    "  client 198.51.100.7\n"
    "  => refuse 550 5.7.1, row 10, no_login\n";
const std::string kBut =
    "but from home\n"
    "  client 127.0.0.1\n"
    "  => permit via trusted, row 5, trusted_network\n";

}  // namespace

TEST_CASE("a right table has no problem") { CHECK(problems_of("# comment\n\n" + kGiven + kBut).empty()); }

TEST_CASE("a wrong verdict is reported with its line, what was expected and what came") {
    finds(kGiven + "but from home\nclient 127.0.0.1\n=> refuse 550 5.7.1, row 5, trusted_network\n", "6",
          "expected action 'refuse 550 5.7.1', but it was 'permit via trusted'");
    finds(kGiven + "but from home\nclient 127.0.0.1\n=> permit via trusted, row 6, trusted_network\n", "6", "expected row '6', but it was '5'");
    finds(kGiven + "but from home\nclient 127.0.0.1\n=> permit via trusted, row 5, fresh_login\n", "6", "expected reason 'fresh_login'");
    finds(kGiven + "but from home\nclient 127.0.0.1\n=> permit via trusted, row 5, trusted_network, asks login\n", "6", "but it was 'nothing'");
    finds("given a stranger\n=> refuse 550 5.7.11, row 10, no_login\n" + kBut, "2", "but it was 'refuse 550 5.7.1'");
}

TEST_CASE("an empty file, and one of comments alone, is a problem") {
    finds("", "0", "no case");
    finds("# nothing yet\n", "1", "no case");
}

TEST_CASE("an unknown word or value is a problem") {
    finds(kGiven + "but from home\n  cleint 127.0.0.1\n  => refuse 550 5.7.1, row 10, no_login\n", "5", "unknown word 'cleint'");
    for (const char* fact : {"client 1.2.3", "tls strong", "ssf -1", "dest theirs", "relay-client me", "wiring none", "policy auth",
                             "domain maybe", "layout drac", "login yesterday", "login alice", "login 5s", "login alice in 5", "login in 5s ago",
                             "login alice 5s ago; bob", "disabled maybe", "brake gently 5s", "limits bytes defer 5s", "limits within 5s",
                             "configured-sender all", "configured-until soon", "configured-guard 1", "domain-disabled maybe",
                             "configured-never all", "configured-delimiter ++", "recipients-before many",
                             "configured-mode quiet", "configured-window 5", "configured-networks 10.0.0.1/8", "configured-plaintext yes",
                             "configured-exempt all", "configured-min-ssf many", "configured-policy all"})
        finds(kGiven + "but\tso\n" + fact + "\n=> refuse 550 5.7.1, row 10, no_login\n", "5", "is not understood");
}

TEST_CASE("an expectation must name action, row and reason, in known words") {
    finds("given a stranger\n=> refuse 550 5.7.1, row 10\n" + kBut, "2", "does not name the reason");
    finds("given a stranger\n=> refuse 550 5.7.1, no_login\n" + kBut, "2", "does not name the row");
    finds("given a stranger\n=> refuse 550 5.7.1, row 10, no_login, quickly\n" + kBut, "2", "unknown clause 'quickly'");
    finds("given a stranger\n=> refuse 550 5.7.1, row 10, no_login, no_login\n" + kBut, "2", "reason is expected twice");
    CHECK(problems_of("given a stranger\n=>\n" + kBut).size() == 3);
}

TEST_CASE("a case that is not well formed is a problem") {
    finds("client 192.0.2.1\n" + kGiven + kBut, "1", "before the first 'given'");
    finds(kGiven, "1", "'given' without a 'but'");
    finds(kGiven + kGiven + kBut, "1", "'given' without a 'but'");
    finds("given\n=> refuse 550 5.7.1, row 10, no_login\n" + kBut, "1", "needs a name");
    finds("given a stranger\nclient\n=> refuse 550 5.7.1, row 10, no_login\n" + kBut, "2", "needs a value");
    finds(kGiven + "  tls 256\n" + kBut, "4", "after '=>'");
    finds(kGiven + kBut + "  => permit via trusted, row 5, trusted_network\n", "7", "second '=>'");
}

TEST_CASE("a neighbour changes one fact, and really changes it") {
    finds(kGiven + "but nothing\n=> refuse 550 5.7.1, row 10, no_login\n", "4", "must change one fact, not 0");
    finds(kGiven + "but two\ntls 256\nclient 192.0.2.1\n=> refuse 550 5.7.1, row 10, no_login\n", "4", "must change one fact, not 2");
    finds(kGiven + "but same\nclient 198.51.100.7\n=> refuse 550 5.7.1, row 10, no_login\n", "5", "is the same in 'given'");
    finds("given x\nclient 192.0.2.1\nclient 192.0.2.2\n=> refuse 550 5.7.1, row 10, no_login\n" + kBut, "3", "stated twice");
    finds(kBut, "1", "'but' without a 'given'");
}

TEST_CASE("a neighbour starts from its base, not from the neighbour before it") {
    CHECK(problems_of(kGiven + kBut + "but with TLS\n  tls 256\n  => refuse 550 5.7.1, row 10, no_login\n").empty());
}

TEST_CASE("rows and reasons that no case reaches are told") {
    std::istringstream file{kGiven + kBut};
    Report report{"t.txt"};
    Coverage coverage;
    const std::size_t all = coverage.gaps().size();
    CHECK(all > 10);
    run_file(file, report, coverage);
    CHECK(coverage.gaps().size() == all - 3);  // Row 10 has its given; no_login and trusted_network are reached.
    coverage.base_rows.insert(2);
    CHECK(coverage.gaps().size() == all - 4);
}
