#include "policy/source/shared/shared_reader.h"

#include "tests/support/catch.h"
#include "tests/unit/logins/logins_on_server.h"

using namespace relay;

TEST_CASE("a login on the server is found, and an address without one is absent") {
    LoginsOnServer logins;
    logins.complete();
    logins.writer.record({{address("192.0.2.1"), now(), "alice"}});
    const auto found = logins.find("192.0.2.1");
    REQUIRE(found.found());
    CHECK(found.value().logins.at(0).name == "alice");
    CHECK(logins.find("192.0.2.2").absent());
}

TEST_CASE("nobody is absent from an empty server: his login may have been lost") {
    const LoginsOnServer logins;
    const auto answer = logins.find("192.0.2.1");
    REQUIRE(answer.failed());
    CHECK_THAT(answer.why(), Catch::Contains("does not say since when"));
}

TEST_CASE("nobody is absent from a server that was restarted empty until the window has passed") {
    LoginsOnServer logins;
    logins.complete();
    logins.server.kill();
    logins.server.start();
    logins.client = client_of(logins.server);
    SharedWriter{logins.client, kWindow}.record({{address("192.0.2.1"), now(), "alice"}});
    CHECK(logins.find("192.0.2.1").found());
    const auto answer = logins.find("192.0.2.2");
    REQUIRE(answer.failed());
    CHECK_THAT(answer.why(), Catch::Contains("holds logins since"));
    logins.say({"SET", std::string{kSinceKey}, std::to_string((now() - kWindow - 5s).time_since_epoch().count())});
    CHECK(logins.find("192.0.2.2").absent());
    logins.say({"SET", std::string{kSinceKey}, std::to_string((now() - kWindow + 60s).time_since_epoch().count())});
    CHECK(logins.find("192.0.2.2").failed());
}

TEST_CASE("a first login says since when the server holds them, and no later one changes that") {
    LoginsOnServer logins;
    logins.writer.record({{address("192.0.2.1"), now() - 1h, "alice"}});
    const auto since = since_of(logins.text({"GET", std::string{kSinceKey}}));
    REQUIRE(since);
    CHECK(*since >= now() - 5s);
    logins.say({"SET", std::string{kSinceKey}, "17"});
    logins.writer.record({{address("192.0.2.2"), now(), "bob"}});
    CHECK(logins.text({"GET", std::string{kSinceKey}}) == "17");
    logins.writer.remove({address("192.0.2.3")});
    LoginsOnServer other;
    other.writer.remove({address("192.0.2.3")});
    CHECK(other.text({"GET", std::string{kSinceKey}}) == "(no text)");
}

TEST_CASE("what cannot be read on the server fails, and is not absent") {
    const LoginsOnServer logins;
    logins.complete();
    logins.say({"SET", entry_key(address("192.0.2.1")), "rubbish\n"});
    const auto answer = logins.find("192.0.2.1");
    REQUIRE(answer.failed());
    CHECK_THAT(answer.why(), Catch::Contains("'rubbish\\x0a'"));
    logins.say({"SET", entry_key(address("192.0.2.2")), ""});
    CHECK(logins.find("192.0.2.2").failed());
    logins.say({"RPUSH", entry_key(address("192.0.2.3")), "x"});
    CHECK(logins.find("192.0.2.3").failed());
    logins.say({"SET", entry_key(address("192.0.2.4")), std::string(1'000'000, '1')});
    CHECK(logins.find("192.0.2.4").failed());
    logins.say({"SET", std::string{kSinceKey}, "yesterday"});
    CHECK(logins.find("192.0.2.9").failed());
}

TEST_CASE("a server that does not answer fails the look-up within the deadline") {
    LoginsOnServer logins;
    logins.complete();
    RedisSettings settings;
    settings.deadline = 100ms;
    const SharedReader reader{std::make_shared<RedisClient>(logins.server.url(), settings), PopSettings{}};
    logins.server.hang();
    const auto start = std::chrono::steady_clock::now();
    CHECK(reader.find(address("192.0.2.1")).failed());
    CHECK(std::chrono::steady_clock::now() - start < 2s);
    logins.server.go_on();
    logins.server.kill();
    CHECK(logins.find("192.0.2.1").failed());
}

TEST_CASE("one login vouches for its IPv6 network where the admin wants that") {
    LoginsOnServer logins;
    logins.complete();
    logins.writer.record({{address("2001:db8:0:1::5"), now() - 60s, "alice"}, {address("2001:db8:0:1::6"), now() - 30s, "bob"}});
    CHECK(logins.find("2001:db8:0:1::7").absent());
    const auto found = logins.find("2001:db8:0:1::7", 64);
    REQUIRE(found.found());
    CHECK(found.value().logins.at(0).name == "bob");
    CHECK(logins.find("2001:db8:0:2::7", 64).absent());
    CHECK(logins.find("2001:db8:0:2::7", 62).found());
    CHECK(logins.find("2001:db8:ffff::", 32).found());
    CHECK(logins.find("192.0.2.1", 64).absent());
}

TEST_CASE("an entry of a network that cannot be read fails it, and one that has gone does not") {
    LoginsOnServer logins;
    logins.complete();
    logins.writer.record({{address("2001:db8::5"), now(), "alice"}});
    logins.say({"DEL", entry_key(address("2001:db8::5"))});
    CHECK(logins.indexed("2001:db8::") == 1);
    CHECK(logins.find("2001:db8::7", 64).absent());
    logins.say({"SET", entry_key(address("2001:db8::5")), "x"});
    CHECK(logins.find("2001:db8::7", 64).failed());
    logins.say({"SET", index_key(address("2001:db8::")).value(), "x"});
    CHECK(logins.find("2001:db8::7", 64).failed());
}

TEST_CASE("of a network with more entries than are looked at nobody is absent") {
    LoginsOnServer logins;
    logins.complete();
    RedisCommand command{"ZADD", index_key(address("2001:db8::")).value()};
    for (unsigned i = 0; i < 1001; ++i) {
        command.emplace_back("0");
        command.push_back(index_member(Address::v6({0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)})));
    }
    logins.say(command);
    CHECK(logins.find("2001:db8::7", 64).failed());
    logins.writer.record({{address("2001:db8::5"), now(), "alice"}});
    CHECK(logins.find("2001:db8::7", 64).found());
}

TEST_CASE("soon after the server was away nobody is absent: his login may still wait to be sent") {
    LoginsOnServer logins;
    logins.complete();
    logins.writer.record({{address("192.0.2.1"), now(), "alice"}});
    const SharedReader reader{logins.client, PopSettings{}};
    CHECK(reader.find(address("192.0.2.2")).absent());
    logins.say({"DEL", std::string{kSinceKey}});
    logins.say({"RPUSH", std::string{kSinceKey}, "no text"});
    CHECK(reader.find(address("192.0.2.1")).failed());
    logins.complete();
    CHECK(reader.find(address("192.0.2.1")).found());
    const auto answer = reader.find(address("192.0.2.2"));
    REQUIRE(answer.failed());
    CHECK_THAT(answer.why(), Catch::Contains("may still wait to be sent"));
}

TEST_CASE("a client's own entry is found however many others its network has") {
    LoginsOnServer logins;
    std::vector<LoginEvent> events;
    for (unsigned i = 0; i < 1200; ++i) events.push_back({address("2001:db8:0:7::" + std::to_string(1 + i)), now(), {}});
    events.push_back({address("2001:db8:0:7:ffff::1"), now(), "alice"});
    logins.writer.record(events);
    CHECK(logins.find("2001:db8:0:7:ffff::1", 64).found());
}

TEST_CASE("nobody is absent from a server that takes no logins: his may wait on another host") {
    LoginsOnServer logins;
    logins.complete();
    logins.writer.record({{address("192.0.2.1"), now(), "alice"}});
    CHECK(logins.find("192.0.2.2").absent());
    logins.say({"CONFIG", "SET", "maxmemory", "1"});
    CHECK(logins.find("192.0.2.2").failed());
    CHECK(logins.find("192.0.2.1").found());
    logins.say({"CONFIG", "SET", "maxmemory", "0"});
    CHECK(logins.find("192.0.2.2").absent());
    logins.say({"REPLICAOF", "192.0.2.99", "6379"});
    CHECK(logins.find("192.0.2.2").failed());
    CHECK(logins.find("192.0.2.1").found());
}
