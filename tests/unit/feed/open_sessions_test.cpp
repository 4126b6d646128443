#include "vsmtprelay/feed/open_sessions.h"

#include "tests/support/catch.h"

using namespace relay;

namespace {

OpenSession session(const std::string& login) {
    return {*Address::parse("198.51.100.7"), {}, login, true};
}

}  // namespace

TEST_CASE("a session is found until it is closed, replaced or pushed out") {
    OpenSessions sessions{3};
    sessions.open("a", session("1"));
    sessions.open("b", session("2"));
    sessions.open("a", session("3"));
    CHECK(sessions.find("a")->login == "3");
    sessions.open("c", session("4"));
    sessions.open("d", session("5"));
    CHECK(sessions.size() == 3);
    CHECK_FALSE(sessions.find("b"));
    CHECK(sessions.find("a"));
    sessions.close("a");
    sessions.close("a");
    CHECK_FALSE(sessions.find("a"));
    CHECK(sessions.size() == 2);
}
