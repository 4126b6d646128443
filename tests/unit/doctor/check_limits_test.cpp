#include "milter/doctor/checks.h"
#include "tests/support/catch.h"
#include "tests/support/redis_server.h"

using namespace relay;
using namespace relay::doctor;

TEST_CASE("doctor says whether the server of the limits answers, and what follows where it does not") {
    Machine machine;
    CHECK(check_limit_store(machine).empty());
    RedisServer server;
    machine.settings.limit_store.store = server.url();
    machine.settings.redis.deadline = std::chrono::seconds{5};
    REQUIRE(check_limit_store(machine).size() == 1);
    CHECK(check_limit_store(machine)[0].level == Level::ok);
    server.kill();
    REQUIRE(check_limit_store(machine).size() == 1);
    CHECK(check_limit_store(machine)[0].level == Level::warning);
    CHECK_THAT(check_limit_store(machine)[0].seen, Catch::Contains(server.socket()));
    machine.settings.limit_store.on_failure = Action::defer;
    CHECK(check_limit_store(machine)[0].level == Level::error);
}
