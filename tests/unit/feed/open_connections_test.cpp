#include "vsmtprelay/feed/open_connections.h"

#include <unistd.h>

#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::sys_seconds kNow{1'795'000'000s};

std::vector<LoginEvent> tick_until_answered(OpenConnections& connections, std::chrono::sys_seconds now) {
    std::vector<LoginEvent> events;
    connections.tick(now, events);
    for (int i = 0; i < 500 && connections.descriptor() >= 0; ++i) {
        ::usleep(10'000);
        connections.tick(now, events);
    }
    return events;
}

}  // namespace

TEST_CASE("who is connected is read by the names of the columns") {
    const auto events = parse_who(
        "username\t#\tproto\t(pids)\t(ips)\nalice\t2\timap\t(114 115)\t(198.51.100.7 "
        "2001:db8:0:7::7)\nbob\t1\tpop3\t(9)\t()\n",
        kNow);
    REQUIRE(events.size() == 2);
    CHECK(events[0].login == "alice");
    CHECK(events[0].at == kNow);
    CHECK(events[1].client == Address::parse("2001:db8:0:7::7"));
    CHECK(parse_who("username\tproto\tpid\tip\nalice\timap\t114\t198.51.100.7\n", kNow).size() == 1);
}

TEST_CASE("a table that is not understood names nobody") {
    for (const char* table :
         {"", "\n", "alice\t198.51.100.7\n", "username\t(ips)\n", "username\t(ips)\nalice\n",
          "username\t(ips)\nalice\tx\t(198.51.100.7)\n", "username\nalice\n", "Fatal: no\n198.51.100.7\n"})
        CHECK(parse_who(table, kNow).empty());
}

TEST_CASE("an open session counts until its limit, also over a restart") {
    const Scratch scratch;
    write_file(scratch / "doveadm", "#!/bin/sh\nprintf 'username\\t(ips)\\nalice\\t(198.51.100.7)\\n'\n");
    std::filesystem::permissions(scratch / "doveadm", std::filesystem::perms::owner_all);
    const std::string path = ::getenv("PATH");
    ::setenv("PATH", (scratch.path() + ":" + path).c_str(), 1);
    OpenConnections connections{10min, 1h};
    CHECK(tick_until_answered(connections, kNow).size() == 1);
    CHECK(tick_until_answered(connections, kNow + 9min).empty());
    CHECK(tick_until_answered(connections, kNow + 1h).size() == 1);
    CHECK(tick_until_answered(connections, kNow + 1h + 10min).empty());
    OpenConnections restarted{10min, 1h};
    restarted.resume(connections.first_seen());
    CHECK(tick_until_answered(restarted, kNow + 1h + 20min).empty());
    OpenConnections fresh{10min, 1h};
    CHECK(tick_until_answered(fresh, kNow + 1h + 20min).size() == 1);
    CHECK(fresh.first_seen().at(0).at == kNow + 1h + 20min);
    OpenConnections never{0s, 1h};
    CHECK(tick_until_answered(never, kNow).empty());
    ::setenv("PATH", scratch.path().c_str(), 1);
    std::filesystem::remove(scratch / "doveadm");
    CHECK(tick_until_answered(connections, kNow + 2h).empty());
    ::setenv("PATH", path.c_str(), 1);
}
