#include "milter/waiting_logins.h"

#include <sys/stat.h>


#include "tests/support/catch.h"
#include "tests/unit/milter/temporary_directory.h"

using namespace relay;
using relay::test::TemporaryDirectory;

namespace {

Settings on_server(const std::string& queue) {
    Settings settings;
    settings.pop.database = "redis://192.0.2.1";
    settings.redis.queue = queue;
    return settings;
}

}  // namespace

TEST_CASE("logins wait only where a server has them") {
    const TemporaryDirectory directory;
    CHECK_FALSE(waiting_logins(Settings{}));
    for (const std::string& queue : {directory.path("queue"), directory.path("none/queue")}) {
        const auto waiting = waiting_logins(on_server(queue));
        REQUIRE(waiting);
        CHECK(waiting->fault.empty());
        CHECK(waiting->state.waiting == 0);
    }
    directory.write("queue", "17 192.0.2.1 alice\n18 192.0.2.2 bob\n");
    directory.write("queue.lost", "3\n");
    const auto waiting = waiting_logins(on_server(directory.path("queue")));
    CHECK(waiting->state.waiting == 2);
    CHECK(waiting->state.oldest->time_since_epoch().count() == 17);
    CHECK(waiting->state.lost == 3);
}

TEST_CASE("a queue that cannot be read is told, and not taken for an empty one") {
    const TemporaryDirectory directory;
    ::mkdir(directory.path("queue").c_str(), 0700);
    const auto waiting = waiting_logins(on_server(directory.path("queue")));
    CHECK_THAT(waiting->fault, Catch::Contains("queue: is a directory"));
}
