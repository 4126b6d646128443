#include "vsmtprelay/feed/log_line.h"

#include <cstdlib>
#include <ctime>

#include "tests/support/catch.h"

using namespace relay;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using namespace std::chrono_literals;

namespace {

struct LocalTime {
    explicit LocalTime(const char* zone) {
        ::setenv("TZ", zone, 1);
        ::tzset();
    }
    LocalTime(const LocalTime&) = delete;
    LocalTime& operator=(const LocalTime&) = delete;
    ~LocalTime() {
        ::unsetenv("TZ");
        ::tzset();
    }
};

constexpr sys_seconds kNow = sys_days{std::chrono::year{2026} / 11 / 22} + 12h;

std::optional<sys_seconds> stamp(std::string_view line, sys_seconds now = kNow) {
    const auto found = StampReader{}.read(line, now);
    if (!found) return std::nullopt;
    return found->at;
}

}  // namespace

TEST_CASE("a year-less stamp is of the last such second before tomorrow") {
    const LocalTime utc{"UTC"};
    CHECK(stamp("Nov 22 06:53:07 mx x: y") == sys_days{std::chrono::year{2026} / 11 / 22} + 6h + 53min + 7s);
    CHECK(stamp("Nov 22 23:00:00 mx x: y") == sys_days{std::chrono::year{2026} / 11 / 22} + 23h);
    CHECK(stamp("Nov 23 11:59:59 mx x: y") == sys_days{std::chrono::year{2026} / 11 / 23} + 12h - 1s);
    CHECK(stamp("Nov 23 12:00:01 mx x: y") == sys_days{std::chrono::year{2025} / 11 / 23} + 12h + 1s);
    CHECK(stamp("Nov  2 06:53:07 mx x: y") == stamp("Nov 02 06:53:07 mx x: y"));
    const sys_seconds new_year = sys_days{std::chrono::year{2027} / 1 / 1};
    CHECK(stamp("Dec 31 23:59:59 mx x: y", new_year) == new_year - 1s);
    CHECK(stamp("Jan  1 00:00:00 mx x: y", new_year) == new_year);
    CHECK(stamp("Jan  1 00:00:01 mx x: y", new_year - 1s) == new_year + 1s);
    CHECK(stamp("Feb 29 00:00:00 mx x: y") == sys_days{std::chrono::year{2024} / 2 / 29});
}

TEST_CASE("a stamp that is remembered is not that of another line or day") {
    const LocalTime utc{"UTC"};
    StampReader reader;
    const sys_seconds late = sys_days{std::chrono::year{2026} / 12 / 31} + 23h;
    CHECK(reader.read("Jan  1 00:00:01 a", late)->at == late + 1h + 1s);
    CHECK(reader.read("Jan  1 00:00:01 b", late)->at == late + 1h + 1s);
    CHECK(reader.read("Jan  1 00:00:02 b", late)->at == late + 1h + 2s);
    CHECK(reader.read("2026-11-22T06:53:07Z x", kNow)->at == kNow - 5h - 6min - 53s);
    CHECK(reader.read("2026-11-22T06:53:07+01:00 x", kNow)->at == kNow - 6h - 6min - 53s);
    CHECK_FALSE(reader.read("x", kNow));
}

TEST_CASE("an ISO 8601 stamp is read with its offset") {
    const LocalTime berlin{"Europe/Berlin"};
    const sys_seconds at = sys_days{std::chrono::year{2026} / 11 / 22} + 6h + 53min + 7s;
    for (const char* line : {"2026-11-22T06:53:07Z", "2026-11-22T07:53:07.123456+01:00 mx", "2026-11-22T00:53:07-0600",
                             "2026-11-22T07:53:07", "2026-11-22 07:53:07", "2026-11-22T12:23:07.5+05:30"})
        CHECK(stamp(line) == at);
}

TEST_CASE("a local time that happened twice is the earlier one") {
    const LocalTime berlin{"Europe/Berlin"};
    CHECK(stamp("Oct 25 02:30:00 mx x: y") == sys_days{std::chrono::year{2026} / 10 / 25} + 30min);
    CHECK(stamp("Oct 25 03:30:00 mx x: y") == sys_days{std::chrono::year{2026} / 10 / 25} + 2h + 30min);
    CHECK(stamp("Jul  1 12:00:00 mx x: y") == sys_days{std::chrono::year{2026} / 7 / 1} + 10h);
}

TEST_CASE("what is no stamp is none") {
    for (const char* line : {"", "Nov", "Foo 22 06:53:07", "Nov 32 06:53:07", "Feb 30 06:53:07", "Nov 22 24:53:07",
                             "Nov 22 06:60:07", "Nov 22 06.53.07", "Nov 22 -6:53:07", "2026-13-22T06:53:07Z",
                             "2026-11-22", "2026-11-22T06:53", "2026-02-30T06:53:07Z", "1700000000 x"})
        CHECK_FALSE(stamp(line));
}

TEST_CASE("a line is taken apart as syslogd wrote it") {
    const LocalTime utc{"UTC"};
    StampReader stamps;
    const auto line = parse_log_line("Nov 22 06:53:07 mx popa3d[4711]: Session from 198.51.100.7", stamps, kNow);
    REQUIRE(line);
    CHECK(line->program == "popa3d");
    CHECK(line->process == "4711");
    CHECK(line->message == "Session from 198.51.100.7");
    CHECK(line->bare.empty());
    const auto iso = parse_log_line("2026-11-22T06:53:07.5+00:00 mx cyrus/imap[5]: login: x", stamps, kNow);
    REQUIRE(iso);
    CHECK(iso->program == "cyrus/imap");
    CHECK(iso->at == line->at);
    const auto hostless = parse_log_line("Nov 22 06:53:07 imap-login: Info: Login: user=<x>", stamps, kNow);
    REQUIRE(hostless);
    CHECK(hostless->program == "imap-login");
    CHECK(hostless->message == "Info: Login: user=<x>");
    CHECK(hostless->bare == "imap-login: Info: Login: user=<x>");
    for (const char* bad :
         {"Nov 22 06:53:07", "Nov 22 06:53:07 ", "Nov 22 06:53:07 mx", "Nov 22 06:53:07 mx tag",
          "Nov 22 06:53:07 mx tag message: x", "Nov 22 06:53:07  mx tag: x", "Nov 22 06:53:07Xmx tag: x", "mx tag: x"})
        CHECK_FALSE(parse_log_line(bad, stamps, kNow));
}

TEST_CASE("a line from the future is of now") {
    const LocalTime utc{"UTC"};
    StampReader stamps;
    CHECK(parse_log_line("Nov 22 18:00:00 mx a: b", stamps, kNow)->at == kNow);
    CHECK(parse_log_line("2036-11-22T18:00:00Z mx a: b", stamps, kNow)->at == kNow);
}
