#include "policy/source/shared/shared_check.h"

#include "policy/source/files/fault.h"
#include "tests/support/catch.h"
#include "tests/unit/logins/logins_on_server.h"

using namespace relay;

namespace {

Verification verified(const LoginsOnServer& logins) {
    Watch nobody;
    return verify_shared({logins.client, kWindow, kPatience}, nobody);
}

SharedRepair repaired(const LoginsOnServer& logins) {
    Watch nobody;
    return repair_shared({logins.client, kWindow, kPatience}, nobody);
}

}  // namespace

TEST_CASE("what the writers leave on a server is sound, and is left alone by repair") {
    LoginsOnServer logins;
    logins.writer.record({{address("192.0.2.1"), now(), "alice"}, {address("2001:db8::1"), now(), "bob"}});
    CHECK(verified(logins).faults.count == 0);
    CHECK(verified(logins).entries == 2);
    const auto repair = repaired(logins);
    CHECK((repair.mended == 0 && !repair.since_set && repair.left.faults.count == 0));
}

TEST_CASE("each thing that is wrong on a server is told") {
    LoginsOnServer logins;
    logins.complete();
    const auto told = [&logins](const std::string& words) {
        const auto faults = verified(logins).faults;
        REQUIRE(faults.count == 1);
        CHECK_THAT(faults.told.at(0), Catch::Contains(words));
        logins.say({"FLUSHDB"});
        logins.complete();
    };
    logins.say({"SET", std::string{kLoginPrefix} + "2001:DB8::1", "17", "EX", "99"});
    told("names no address as it is looked up");
    logins.say({"SET", entry_key(address("192.0.2.1")), "\x1b[2J", "EX", "99"});
    told("the entry of '192.0.2.1' is no login record: '\\x1b[2J'");
    logins.say({"RPUSH", entry_key(address("192.0.2.1")), "x"});
    told("is no login record");
    logins.say({"SET", entry_key(address("192.0.2.1")), "17"});
    told("the entry of 192.0.2.1 has no end");
    logins.say({"SET", entry_key(address("2001:db8::1")), "17", "EX", "99"});
    told("2001:db8::1 is not in the index");
    logins.say({"DEL", std::string{kSinceKey}});
    told("milter-relay:since says no time");
    logins.say({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
    CHECK(verified(logins).faults.count == 0);
    logins.say({"CONFIG", "SET", "maxmemory", "100mb"});
    told("maxmemory-policy is allkeys-lru");
}

TEST_CASE("repair gives entries their index and their end, and the server its beginning") {
    LoginsOnServer logins;
    const auto at = std::to_string(now().time_since_epoch().count());
    logins.say({"SET", entry_key(address("2001:db8::1")), at, "EX", "99"});
    logins.say({"SET", entry_key(address("2001:db8::2")), at});
    logins.say({"SET", entry_key(address("192.0.2.1")), at});
    logins.say({"SET", index_key(address("2001:db8::")).value(), "no set"});
    const auto repair = repaired(logins);
    CHECK((repair.mended == 3 && repair.since_set && repair.left.faults.count == 0 && repair.left.entries == 3));
    CHECK(logins.find("2001:db8::3", 64).found());
    CHECK(logins.number({"TTL", entry_key(address("192.0.2.1"))}) > (kWindow - 60s).count());
    CHECK(logins.number({"TTL", index_key(address("2001:db8::")).value()}) > (kWindow - 60s).count());
}

TEST_CASE("what repair cannot read it leaves and tells") {
    LoginsOnServer logins;
    logins.complete();
    logins.say({"SET", entry_key(address("192.0.2.1")), "rubbish", "EX", "99"});
    const auto repair = repaired(logins);
    CHECK((repair.mended == 0 && repair.left.faults.count == 1));
    CHECK(logins.entry("192.0.2.1") == "rubbish");
}
