#include "vsmtprelay/feed/format_drift.h"

#include <vector>

#include "tests/support/catch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

struct Watched {
    std::vector<std::string> told;
    FormatDrift drift{[this](const std::string& line) { told.push_back(line); }};
};

constexpr std::chrono::sys_seconds kNow{1'795'000'000s};

}  // namespace

TEST_CASE("an hour of unknown lines without a login is told once, with the first of them") {
    Watched watched;
    watched.drift.unknown("dovecot", "imap-login: Let in: \x1b[2J", kNow);
    watched.drift.unknown("dovecot", "imap-login: Let in: second", kNow + 60s);
    watched.drift.tick(kNow + 59min + 59s);
    CHECK(watched.told.empty());
    watched.drift.tick(kNow + 1h);
    REQUIRE(watched.told.size() == 1);
    CHECK(watched.told[0] == "dovecot: no login for an hour, and 2 lines that its format does not know; the first: imap-login: Let in: \\x1b[2J");
    watched.drift.unknown("dovecot", "again", kNow + 2h);
    watched.drift.tick(kNow + 4h);
    CHECK(watched.told.size() == 1);
    CHECK(watched.drift.unknown_lines("dovecot") == 3);
    CHECK(watched.drift.unknown_lines("cyrus") == 0);
}

TEST_CASE("a login in the hour means that nothing has drifted, and arms the watch again") {
    Watched watched;
    watched.drift.unknown("dovecot", "x", kNow);
    watched.drift.login("dovecot");
    watched.drift.tick(kNow + 2h);
    CHECK(watched.told.empty());
    for (int i = 0; i < 2; ++i) {
        watched.drift.unknown("dovecot", "x", kNow + i * 3h);
        watched.drift.tick(kNow + i * 3h + 2h);
        watched.drift.login("dovecot");
    }
    CHECK(watched.told.size() == 2);
}

TEST_CASE("servers are watched each for itself, and a clock set back starts the hour again") {
    Watched watched;
    watched.drift.unknown("dovecot", "x", kNow);
    watched.drift.unknown("cyrus", "x", kNow + 30min);
    watched.drift.login("cyrus");
    watched.drift.tick(kNow - 5h);
    watched.drift.tick(kNow - 4h - 1s);
    CHECK(watched.told.empty());
    watched.drift.tick(kNow - 4h);
    CHECK(watched.told.size() == 1);
}
