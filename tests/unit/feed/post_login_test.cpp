#include "vsmtprelay/feed/post_login.h"

#include <csignal>
#include <unistd.h>

#include <stdexcept>

#include "tests/support/catch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::sys_seconds kNow{1'795'000'000s};

std::optional<LoginEvent> event_of(const PostLogin& login) {
    std::string fault;
    return login_event(login, kNow, fault);
}

}  // namespace

TEST_CASE("a login is what the environment says, at the time of now") {
    const auto event = event_of({"::ffff:198.51.100.7", "192.0.2.1", "alice"});
    REQUIRE(event);
    CHECK(event->client == Address::parse("198.51.100.7"));
    CHECK(event->at == kNow);
    CHECK(event->login == "alice");
    CHECK(event_of({"2001:db8::7", "", ""}));
}

TEST_CASE("the server itself is not recorded, and that is no fault") {
    for (const PostLogin& login :
         {PostLogin{"127.0.0.1", "127.0.0.1", "a"}, PostLogin{"127.9.9.9", "", "a"}, PostLogin{"::1", "::1", "a"},
          PostLogin{"192.0.2.1", "192.0.2.1", "a"}, PostLogin{"192.0.2.1", "::ffff:192.0.2.1", "a"}}) {
        std::string fault;
        CHECK_FALSE(login_event(login, kNow, fault));
        CHECK(fault.empty());
    }
}

TEST_CASE("without an address there is a fault that quotes it") {
    std::string fault;
    CHECK_FALSE(login_event({"\x1b", "", "a"}, kNow, fault));
    CHECK(fault == "the environment's IP is no address: '\\x1b'");
}

TEST_CASE("whatever a recording does, the login goes on, in time") {
    CHECK(record_aside([] {}, 5s).empty());
    CHECK(record_aside([] { throw std::runtime_error{"locked"}; }, 5s) == "locked");
    CHECK(record_aside([] { ::_exit(3); }, 5s) == "the recording process ended unexpectedly");
    CHECK(record_aside([] { ::raise(SIGKILL); }, 5s) == "the recording process ended unexpectedly");
    const auto before = std::chrono::steady_clock::now();
    CHECK(record_aside([] { ::sleep(2); }, 100ms) == "takes too long");
    CHECK(std::chrono::steady_clock::now() - before < 1s);
}

TEST_CASE("a next program that cannot run is told with the system's word") {
    CHECK(run_next({"/nonexistent/program"}) == "No such file or directory");
}
