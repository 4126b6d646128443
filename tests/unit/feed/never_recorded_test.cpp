#include "vsmtprelay/feed/never_recorded.h"

#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;

namespace {

LoginEvent from(const std::string& client) {
    return {*Address::parse(client), {}, "alice"};
}

struct Rule {
    std::vector<std::string> told;
    NeverRecorded never{[this](const std::string& text) { told.push_back(text); }};
};

}  // namespace

TEST_CASE("by default loopback and the server's own end are not recorded, which is told once of each address") {
    Rule rule;
    for (const char* client : {"127.0.0.1", "127.9.9.9", "::1", "127.0.0.1"}) CHECK(rule.never.drops(from(client)));
    CHECK(rule.never.drops(from("192.0.2.1"), Address::parse("::ffff:192.0.2.1")));
    CHECK_FALSE(rule.never.drops(from("192.0.2.1"), Address::parse("192.0.2.2")));
    CHECK_FALSE(rule.never.drops(from("192.0.2.1")));
    REQUIRE(rule.told.size() == 4);
    CHECK(rule.told[0] == "logins from 127.0.0.1 are not recorded: [pop] never");
}

TEST_CASE("a list of the admin's is the whole rule") {
    Rule rule;
    PopSettings pop;
    pop.never = {*Network::parse("198.51.100.0/24")};
    rule.never.set(pop);
    CHECK(rule.never.drops(from("198.51.100.255")));
    CHECK_FALSE(rule.never.drops(from("127.0.0.1"), Address::parse("127.0.0.1")));
    CHECK_FALSE(rule.never.drops(from("198.51.101.0")));
}

TEST_CASE("no more than a thousand addresses are told") {
    Rule rule;
    for (int n = 0; n < 1500; ++n) rule.never.drops(from("127.1." + std::to_string(n / 250) + '.' + std::to_string(n % 250)));
    CHECK(rule.told.size() == 1000);
}

TEST_CASE("the configuration is read, and a broken one is the defaults with a word") {
    const Scratch scratch;
    const std::string path = scratch / "milter-relay.toml";
    std::string fault;
    write_file(path, "[pop]\nnever = [\"198.51.100.0/24\"]\n");
    CHECK(pop_settings(path, fault).never->size() == 1);
    CHECK(fault.empty());
    write_file(path, "[pop]\nnever = 5\n");
    CHECK_FALSE(pop_settings(path, fault).never);
    CHECK(fault.find("pop.never") != std::string::npos);
    fault.clear();
    CHECK_FALSE(pop_settings(scratch / "missing", fault).never);
    CHECK_FALSE(fault.empty());
}
