#include "policy/source/config/socket_name.h"

#include "tests/support/catch.h"

using namespace relay;

TEST_CASE("the sockets that a milter can listen on have no problem") {
    for (const char* name : {"local:/run/s", "unix:/s", "inet:1@127.0.0.1", "inet:65535@mail.example", "inet6:8899@::1",
                             "inet6:8899@[::1]", "inet6:8899@localhost", "fd:3"})
        CHECK(socket_problem(name) == "");
    CHECK(socket_problem("local:/" + std::string(106, 'a')) == "");
}

TEST_CASE("any other name has one") {
    for (const char* name : {"", "/run/s", "local", "local:", "local:s", "local:/run/", "LOCAL:/s", "unix:s", "inet:", "inet:0@h", "inet:65536@h",
                             "inet:smtp@h", "inet:-1@h", "inet:+1@h", "inet:1", "inet:1@", "inet:1@::1", "inet:1@[::1]", "inet:1@1.2.3", "inet:1@a b",
                             "inet:1@1.2.3.256", "inet6:1@127.0.0.1", "inet6:1@:::", "fd:2", "fd:x", "tcp:1@h"})
        CHECK_THAT(socket_problem(name), !Catch::Equals(""));
    CHECK_FALSE(socket_problem("local:/" + std::string(107, 'a')).empty());
}
