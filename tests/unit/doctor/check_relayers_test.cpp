// Where the logins are on a server; with a file the same checks are tested on a real mail system (tests/e2e/test_doctor.py).
#include "milter/doctor/checks.h"
#include "policy/source/redis/redis_client.h"
#include "tests/support/catch.h"
#include "tests/support/redis_server.h"

using namespace relay;
using namespace relay::doctor;

TEST_CASE("doctor asks the server of the logins as the daemon would") {
    RedisServer server;
    Machine machine;
    machine.settings.pop.database = server.url();
    machine.settings.redis.deadline = std::chrono::seconds{5};
    auto findings = check_database_entries(machine);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].level == Level::error);
    CHECK_THAT(findings[0].seen, Catch::Contains("since when"));
    RedisClient{server.url(), machine.settings.redis}.call(RedisCommand{"SET", "milter-relay:since", "0"});
    findings = check_database_entries(machine);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].level == Level::ok);
    CHECK(check_database_writers(machine).empty());
    CHECK(check_last_login(machine).empty());
    CHECK(check_database_access(machine).empty());
    server.kill();
    findings = check_database_entries(machine);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].level == Level::error);
}
