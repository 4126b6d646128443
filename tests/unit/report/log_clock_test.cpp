#include "milter/report/log_clock.h"

#include <cstdlib>
#include <ctime>

#include "tests/support/catch.h"

namespace relay::report {
namespace {

using namespace std::chrono;
using namespace std::chrono_literals;

/// Local time is Berlin's, as long as it lives.
struct InBerlin {
    InBerlin() { set("Europe/Berlin"); }
    ~InBerlin() { set("UTC"); }
    static void set(const char* zone) {
        setenv("TZ", zone, 1);
        tzset();
    }
};

constexpr sys_seconds kNow = sys_days{2026y / 11 / 22} + 7h;

TEST_CASE("a stamp with a zone is that instant") {
    LogClock clock{kNow};
    const sys_seconds wanted = sys_days{2026y / 11 / 22} + 6h + 56min + 47s;
    for (const char* stamp : {"2026-11-22T06:56:47Z", "2026-11-22T06:56:47.123456Z", "2026-11-22T07:56:47+01:00",
                              "2026-11-22T07:56:47+0100", "2026-11-22T01:26:47.5-05:30"})
        CHECK(clock.time_of(stamp) == wanted);
}

TEST_CASE("what is no stamp has no time") {
    LogClock clock{kNow};
    for (const char* stamp :
         {"", "2026-11-22T06:56:47", "2026-11-31T06:56:47Z", "2026-11-22T24:00:00Z", "2026-11-22T06:56:47+1",
          "2026-11-22T06:56:47+99:00", "Nov 32 06:56:47", "Nov  0 06:56:47", "Non 22 06:56:47", "Nov 22 06:61:47",
          "ovD 22 06:56:47", "Nov 22 0a:56:47", "Feb 30 06:56:47"})
        CHECK_FALSE(clock.time_of(stamp));
}

TEST_CASE("a stamp without a year is of the last year that is not behind the file's last write") {
    InBerlin zone;
    LogClock clock{kNow};
    CHECK(clock.time_of("Nov 22 06:56:47") == sys_days{2026y / 11 / 22} + 5h + 56min + 47s);
    CHECK(clock.time_of("Nov 22 06:59:59") == sys_days{2026y / 11 / 22} + 5h + 59min + 59s);
    CHECK(clock.time_of("Jul  2 06:00:00") == sys_days{2026y / 7 / 2} + 4h);
    CHECK(clock.time_of("Nov 23 06:00:00") == sys_days{2026y / 11 / 23} + 5h);  // clocks differ
    CHECK(clock.time_of("Nov 24 06:00:00") == sys_days{2025y / 11 / 24} + 5h);
    CHECK(clock.time_of("Dec 31 23:00:00") == sys_days{2025y / 12 / 31} + 22h);
    CHECK(clock.time_of("Feb 29 12:00:00") == sys_days{2024y / 2 / 29} + 11h);
}

TEST_CASE("at new year the file of the old year stays in it") {
    LogClock clock{sys_days{2027y / 1 / 1} + 30min};
    CHECK(clock.time_of("Dec 31 23:59:59") == sys_days{2026y / 12 / 31} + 23h + 59min + 59s);
    CHECK(clock.time_of("Jan  1 00:10:00") == sys_days{2027y / 1 / 1} + 10min);
}

TEST_CASE("an admin names an instant as a date, a time or days before now") {
    InBerlin zone;
    CHECK(parse_instant("2026-11-01", kNow) == sys_days{2026y / 10 / 31} + 23h);
    CHECK(parse_instant("2026-11-01T12:00", kNow) == sys_days{2026y / 11 / 1} + 11h);
    CHECK(parse_instant("2026-11-01 12:00:30", kNow) == sys_days{2026y / 11 / 1} + 11h + 30s);
    CHECK(parse_instant("2026-11-01T12:00:30Z", kNow) == sys_days{2026y / 11 / 1} + 12h + 30s);
    CHECK(parse_instant("30d", kNow) == kNow - days{30});
    for (const char* text : {"", "d", "-1d", "1h", "2026-11", "2026-13-01", "2026-11-01x", "2026-11-01T12",
                             "2026-11-01T25:00", "99999999d", "2026-11-01T12:00:30 ", "2026-11-01T12:00:3"})
        CHECK_FALSE(parse_instant(text, kNow));
}

}  // namespace
}  // namespace relay::report
