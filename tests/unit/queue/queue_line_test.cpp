#include "policy/source/queue/queue_line.h"

#include "tests/support/catch.h"

using namespace relay;

namespace {

LoginEvent event(const char* client, std::int64_t at, std::string login) {
    return {*Address::parse(client), std::chrono::sys_seconds{std::chrono::seconds{at}}, std::move(login)};
}

}  // namespace

TEST_CASE("a login is the same after its line") {
    CHECK(queue_line(event("192.0.2.1", 906502527, "alice")) == "906502527 192.0.2.1 alice\n");
    CHECK(queue_line(event("2001:db8::1", 0, "")) == "0 2001:db8::1 -\n");
    for (const std::string& name : {std::string{"alice"}, std::string{}, std::string{"-"}, std::string{"a b\n\\x"}, std::string{"\0\xff", 2}}) {
        std::string line = queue_line(event("192.0.2.1", kMaxSeconds, name));
        CHECK(line.find('\n') == line.size() - 1);
        line.pop_back();
        const auto read = parse_queue_line(line);
        REQUIRE(read);
        CHECK(read->login == name);
        CHECK(read->client == *Address::parse("192.0.2.1"));
        CHECK(read->at.time_since_epoch().count() == kMaxSeconds);
    }
}

TEST_CASE("what is no such line is no login") {
    for (const char* line : {"", " ", "1", "1 ", "1 192.0.2.1", "1 192.0.2.1 ", "1  192.0.2.1 a", "1 192.0.2.1 a b", "-1 192.0.2.1 a", "x 192.0.2.1 a",
                             "1 192.0.2 a", "1x 192.0.2.1 a", "253402300800 192.0.2.1 a", "99999999999999999999 192.0.2.1 a", " 1 192.0.2.1 a"})
        CHECK_FALSE(parse_queue_line(line));
}
