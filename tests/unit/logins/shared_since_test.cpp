#include "policy/source/shared/shared_since.h"

#include "tests/support/catch.h"
#include "tests/unit/logins/logins_on_server.h"

using namespace relay;

TEST_CASE("a server that was emptied since its mark was set is not said to be complete") {
    const LoginsOnServer logins;
    auto& server = *logins.client;
    const std::string mark = set_mark(server, kPatience);
    logins.say({"FLUSHALL"});
    CHECK_FALSE(lower_since(server, {}, mark, kPatience));
    CHECK_FALSE(since_on(server, kPatience));
    const std::string again = set_mark(server, kPatience);
    CHECK(again != mark);
    CHECK(lower_since(server, std::chrono::sys_seconds{17s}, again, kPatience));
    CHECK(since_on(server, kPatience) == std::chrono::sys_seconds{17s});
    CHECK(logins.number({"EXISTS", again}) == 0);
}

TEST_CASE("the time since when a server is complete is never made later") {
    const LoginsOnServer logins;
    logins.complete();
    CHECK(lower_since(*logins.client, now(), set_mark(*logins.client, kPatience), kPatience));
    CHECK(since_on(*logins.client, kPatience) == std::chrono::sys_seconds{});
}
