#include "vsmtprelay/feed/post_login.h"

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

#include "tests/support/catch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::sys_seconds kNow{1'795'000'000s};

}  // namespace

TEST_CASE("a login is what the environment says, at the time of now") {
    const LoginEvent event = login_event({"::ffff:198.51.100.7", "192.0.2.1", "alice"}, kNow);
    CHECK(event.client == Address::parse("198.51.100.7"));
    CHECK(event.at == kNow);
    CHECK(event.login == "alice");
    CHECK(login_event({"2001:db8::7", "", ""}, kNow).login.empty());
}

TEST_CASE("without an address there is a fault that quotes it") {
    CHECK_THROWS_WITH(login_event({"\x1b", "", "a"}, kNow), "the environment's IP is no address: '\\x1b'");
    CHECK_THROWS_WITH(login_event({"", "192.0.2.1", "a"}, kNow), "the environment's IP is no address: ''");
}

TEST_CASE("whatever a recording does, the login goes on, in time") {
    CHECK(record_aside([] {}, 5s).empty());
    CHECK(record_aside([] { throw std::runtime_error{"locked"}; }, 5s) == "locked");
    CHECK(record_aside([] { ::_exit(3); }, 5s) == "the recording process ended unexpectedly");
    CHECK(record_aside([] { ::raise(SIGKILL); }, 5s) == "the recording process ended unexpectedly");
    const auto before = std::chrono::steady_clock::now();
    CHECK(record_aside([] { ::sleep(2); }, 100ms) == "takes too long");
    CHECK(std::chrono::steady_clock::now() - before < 1s);
    CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);  // none is left to the next program
}

TEST_CASE("a next program that cannot run is told with the system's word") {
    CHECK(run_next({"/nonexistent/program"}) == "No such file or directory");
}
