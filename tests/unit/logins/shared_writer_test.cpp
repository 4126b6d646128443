#include "policy/source/shared/shared_writer.h"

#include <thread>

#include "policy/source/files/fault.h"
#include "tests/support/catch.h"
#include "tests/unit/logins/logins_on_server.h"

using namespace relay;

namespace {

Trouble trouble_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const Fault& fault) {
        return fault.trouble;
    }
    throw std::runtime_error{"no fault"};
}

std::string seconds_text(std::chrono::sys_seconds at) { return std::to_string(at.time_since_epoch().count()); }

}  // namespace

TEST_CASE("an entry on the server is the bytes of the file, and ends when its login is old") {
    LoginsOnServer logins;
    const auto at = now() - 60s;
    logins.writer.record({{address("192.0.2.1"), at, "alice"}});
    CHECK(logins.entry("192.0.2.1") == seconds_text(at) + " alice");
    CHECK(logins.number({"EXPIRETIME", entry_key(address("192.0.2.1"))}) == (at + kWindow + 1s).time_since_epoch().count());
    logins.writer.add({address("192.0.2.1")}, login(now() + 48h));
    CHECK(logins.entry("192.0.2.1") == seconds_text(now() + 48h));
    CHECK(logins.number({"TTL", entry_key(address("192.0.2.1"))}) > 71 * 3600);
}

TEST_CASE("an older login never overwrites a newer one on the server, and the same one changes nothing") {
    LoginsOnServer logins;
    const auto at = now();
    logins.writer.record({{address("192.0.2.1"), at, "alice"}, {address("192.0.2.1"), at - 9s, "bob"}});
    const std::string both = seconds_text(at) + " alice " + seconds_text(at - 9s) + " bob";
    CHECK(logins.entry("192.0.2.1") == both);
    logins.writer.record({{address("192.0.2.1"), at - 60s, "alice"}});
    CHECK(logins.entry("192.0.2.1") == both);
    CHECK(logins.number({"TTL", entry_key(address("192.0.2.1"))}) >= (kWindow - 5s).count());
}

TEST_CASE("a login that is too old to count is not kept") {
    LoginsOnServer logins;
    logins.writer.record({{address("192.0.2.1"), now() - kWindow - 60s, "alice"}, {address("2001:db8::1"), now() - kWindow - 60s, "alice"}});
    CHECK(logins.all().empty());
    CHECK(logins.indexed("2001:db8::") == 0);
}

TEST_CASE("what cannot be read gives way to a login, and to nothing else") {
    LoginsOnServer logins;
    logins.say({"SET", entry_key(address("192.0.2.1")), "rubbish"});
    logins.say({"RPUSH", entry_key(address("192.0.2.2")), "x"});
    logins.say({"SET", entry_key(address("192.0.2.3")), ""});
    logins.say({"SET", entry_key(address("192.0.2.4")), std::string(100'000, '1')});
    const std::vector clients{address("192.0.2.1"), address("192.0.2.2"), address("192.0.2.3"), address("192.0.2.4")};
    logins.writer.revise(clients, [](const Address&, const auto&) { return std::nullopt; });
    CHECK(logins.writer.expire(now()).unreadable == 4);
    CHECK(logins.all().size() == 4);
    for (const Address& client : clients) {
        logins.writer.record({{client, now(), "alice"}});
        CHECK(logins.find(client.text()).found());
    }
    logins.say({"DEL", entry_key(clients[1])});
    logins.say({"RPUSH", entry_key(clients[1]), "x"});
    CHECK(logins.writer.remove(clients).empty());
    CHECK(logins.all().empty());
}

TEST_CASE("remove says whom it did not find") {
    LoginsOnServer logins;
    logins.writer.record({{address("192.0.2.1"), now(), "alice"}, {address("2001:db8::1"), now(), "bob"}});
    CHECK(logins.writer.remove({address("192.0.2.1"), address("192.0.2.9"), address("2001:db8::1")}) == std::vector{address("192.0.2.9")});
    CHECK(logins.all().empty());
    CHECK(logins.indexed("2001:db8::") == 0);
}

TEST_CASE("the logins of a user go, and others of the address stay") {
    LoginsOnServer logins;
    const auto at = now();
    logins.writer.record({{address("192.0.2.1"), at, "alice"}, {address("192.0.2.1"), at - 5s, "bob"}, {address("192.0.2.2"), at, "alice"},
                          {address("192.0.2.3"), at, "carol"}});
    const auto removed = logins.writer.remove_logins({"alice", "nobody"});
    REQUIRE(removed.size() == 2);
    CHECK((removed[0].client == address("192.0.2.1") && removed[0].entry_stays));
    CHECK((removed[1].client == address("192.0.2.2") && !removed[1].entry_stays));
    CHECK(logins.entry("192.0.2.1") == seconds_text(at - 5s) + " bob");
    CHECK(logins.all().size() == 2);
}

TEST_CASE("expire removes what is older, and leaves what is in the future") {
    LoginsOnServer logins;
    logins.writer.record({{address("192.0.2.1"), now() - 1h, "alice"}, {address("192.0.2.2"), now(), "bob"}});
    logins.writer.add({address("192.0.2.3")}, login(now() + 1h));
    const auto expired = logins.writer.expire(now() - 30min);
    CHECK((expired.removed == 1 && expired.unreadable == 0));
    CHECK(logins.all().size() == 2);
    CHECK(logins.entry("192.0.2.1") == "(no text)");
}

TEST_CASE("the index of IPv6 entries is kept, cleaned, and ends with the last of them") {
    LoginsOnServer logins;
    for (const char* client : {"2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4", "2001:db8::5", "2001:db8::6"})
        logins.writer.record({{address(client), now() - 60s, "alice"}});
    CHECK(logins.indexed("2001:db8::") == 6);
    const auto ends = (now() + kWindow).time_since_epoch().count();
    CHECK(logins.number({"EXPIRETIME", index_key(address("2001:db8::")).value()}) <= ends);
    for (const char* client : {"2001:db8::2", "2001:db8::3", "2001:db8::6"}) logins.say({"DEL", entry_key(address(client))});
    logins.writer.record({{address("2001:db8::1"), now(), "alice"}});
    CHECK(logins.indexed("2001:db8::") == 4);  // The four next ones were looked at.
    logins.writer.add({address("2001:db8::7")}, login(now() + 1h));
    CHECK(logins.number({"TTL", index_key(address("2001:db8::")).value()}) > kWindow.count());
}

TEST_CASE("twenty writers of one address at once lose no login and never go back") {
    LoginsOnServer logins;
    const auto at = now();
    std::vector<std::thread> writers;
    std::atomic<int> back{0};
    for (int i = 0; i < 20; ++i)
        writers.emplace_back([&, i] {
            // Sixteen names fit into an entry: five writers share one.
            SharedWriter writer{logins.client, kWindow, kPatience};
            for (int round = 0; round < 10; ++round) {
                writer.record({{address("192.0.2.1"), at - std::chrono::seconds{(i * 7 + round * 3) % 50}, "user" + std::to_string(i % 4)}});
                const auto record = decode_login_record(logins.entry("192.0.2.1"), Layout::timestamp);
                const auto mine = at - std::chrono::seconds{(i * 7 + round * 3) % 50};
                const bool there = record && std::ranges::any_of(record->logins, [&](const Login& login) {
                                       return login.name == "user" + std::to_string(i % 4) && login.at >= mine;
                                   });
                if (!there) ++back;
            }
        });
    for (auto& writer : writers) writer.join();
    CHECK(back == 0);
    const auto record = decode_login_record(logins.entry("192.0.2.1"), Layout::timestamp);
    REQUIRE(record);
    for (int name = 0; name < 4; ++name) {
        auto newest = std::chrono::sys_seconds{};
        for (int i = name; i < 20; i += 4)
            for (int round = 0; round < 10; ++round) newest = std::max(newest, at - std::chrono::seconds{(i * 7 + round * 3) % 50});
        CHECK(std::ranges::any_of(record->logins, [&](const Login& login) { return login == Login{newest, "user" + std::to_string(name)}; }));
    }
}

TEST_CASE("some thousands of logins are written in batches, and met once each") {
    LoginsOnServer logins;
    std::vector<LoginEvent> events;
    for (unsigned i = 0; i < 3000; ++i)
        events.push_back({Address::v4({10, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}), now(), "user"});
    logins.writer.record(events);
    CHECK(logins.all().size() == 3000);
}

TEST_CASE("a server that cannot be reached, or refuses, is a fault of its own kind") {
    LoginsOnServer logins;
    const std::vector<LoginEvent> event{{address("192.0.2.1"), now(), "alice"}};
    logins.say({"CONFIG", "SET", "maxmemory", "1"});
    CHECK(trouble_of([&] { logins.writer.record(event); }) == Trouble::refused);
    logins.say({"CONFIG", "SET", "maxmemory", "0"});
    logins.say({"REPLICAOF", "127.0.0.1", "1"});
    CHECK(trouble_of([&] { logins.writer.record(event); }) == Trouble::refused);
    logins.say({"REPLICAOF", "NO", "ONE"});
    logins.writer.record(event);
    logins.server.kill();
    CHECK(trouble_of([&] { logins.writer.record(event); }) == Trouble::unreachable);
    CHECK(trouble_of([&] { static_cast<void>(logins.all()); }) == Trouble::unreachable);
}

TEST_CASE("dead members of an index go, though all that come are behind them") {
    LoginsOnServer logins;
    for (int i = 0; i < 30; ++i) logins.say({"ZADD", index_key(address("2001:db8::1")).value(), "0", index_member(address("2001:db8::" + std::to_string(10 + i)))});
    for (int i = 0; i < 20; ++i) logins.writer.record({{address("2001:db8::f" + std::to_string(100 + i)), now(), {}}});
    CHECK(logins.indexed("2001:db8::1") == 20);
}

TEST_CASE("what is no index gives way to one") {
    LoginsOnServer logins;
    logins.say({"SET", index_key(address("2001:db8::1")).value(), "rubbish"});
    logins.writer.record({{address("2001:db8::1"), now(), "alice"}});
    CHECK(logins.indexed("2001:db8::1") == 1);
    CHECK(logins.find("2001:db8::2", 64).failed() == false);
}
