#include "milter/control_path.h"

#include "tests/support/catch.h"

using namespace relay;

TEST_CASE("the control socket is as configured, or beside the milter's, or in its usual directory") {
    Settings settings;
    CHECK(control_path(settings) == "/run/milter-relay/control.sock");
    settings.socket.assign("unix:/var/run/x/milter.sock");
    CHECK(control_path(settings) == "/var/run/x/control.sock");
    for (const char* elsewhere : {"inet:8899@127.0.0.1", "fd:3", "nonsense"}) {
        settings.socket = elsewhere;
        CHECK(control_path(settings) == "/run/milter-relay/control.sock");
    }
    settings.control.emplace("/a/b");
    CHECK(control_path(settings) == "/a/b");
    settings.control.emplace("");
    CHECK(control_path(settings).empty());
}
