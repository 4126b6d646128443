#include "vsmtprelay/login_copy.h"

#include <atomic>
#include <random>
#include <set>
#include <thread>

#include "policy/source/login_database.h"
#include "tests/support/catch.h"
#include "tests/support/redis_server.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

const auto kNow = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());

Address address(std::string_view text) { return Address::parse(text).value(); }

LoginEvent event(std::string_view client, std::chrono::seconds ago, const std::string& name) {
    return {address(client), kNow - ago, name};
}

/// A file or a server, each with a database of its own.
class Place {
public:
    explicit Place(bool on_server) {
        if (on_server) server_.emplace();
        database_.name = on_server ? server_->url() : scratch_ / "relayers.db";
        database_.redis.deadline = 10s;
    }
    [[nodiscard]] std::unique_ptr<LoginWriter> writer() const { return open_login_writer(database_, 10s); }
    [[nodiscard]] std::unique_ptr<LoginWalk> walk() const { return open_login_walk(database_, 10s); }
    void record(const std::vector<LoginEvent>& events) const { writer()->record(events); }
    /// "ADDRESS DATA" of each entry.
    [[nodiscard]] std::set<std::string> all() const {
        std::set<std::string> entries;
        const auto walked = walk();
        while (walked && walked->next([&entries](std::string_view key, std::string_view data) {
            entries.insert(std::string{key}.append(1, ' ').append(data));
        })) {
        }
        return entries;
    }
    [[nodiscard]] const LoginDatabase& database() const { return database_; }

private:
    Scratch scratch_;
    std::optional<RedisServer> server_;
    LoginDatabase database_;
};

struct Copy {
    const Place& from;
    const Place& to;
    std::unique_ptr<LoginWriter> writer = to.writer();
    LoginCopy copy{*writer};
    Watch nobody{};

    void look() { copy.look(*from.walk(), nobody); }
    bool pass(bool only_take_back = false) {
        look();
        return copy.carry(only_take_back);
    }
    void run() {
        while (pass()) {
        }
    }
};

/// Where from and where to: file or server.
std::pair<bool, bool> each_way() { return GENERATE(std::pair{false, true}, std::pair{true, false}, std::pair{true, true}, std::pair{false, false}); }

std::string entry(std::string_view client, const std::vector<std::pair<std::chrono::seconds, std::string>>& logins) {
    std::string text{client};
    for (const auto& [ago, name] : logins) text += " " + std::to_string((kNow - ago).time_since_epoch().count()) + " " + name;
    return text;
}

LoginRecord record(const std::vector<Login>& logins) { return {Layout::timestamp, logins.front().at, logins}; }

}  // namespace

TEST_CASE("a copy has every entry, and copying again changes nothing") {
    const auto [from_server, to_server] = each_way();
    const Place from{from_server};
    const Place to{to_server};
    from.record({event("192.0.2.1", 60s, "alice"), event("192.0.2.1", 70s, "bob"), event("2001:db8::1", 5s, "carol")});
    from.writer()->add({address("192.0.2.7")}, LoginRecord{Layout::timestamp, kNow + 100h, {}});
    Copy first{from, to};
    first.run();
    CHECK(to.all() == from.all());
    CHECK(to.all().size() == 3);
    CHECK((first.copy.outcome().entries == 3 && first.copy.outcome().changed == 3 && first.copy.outcome().taken_back == 0));
    Copy second{from, to};
    second.run();
    CHECK((second.copy.outcome().entries == 3 && second.copy.outcome().changed == 0 && second.copy.outcome().taken_back == 0));
}

TEST_CASE("what is newer in the target stays, and what is newer in the source comes") {
    const auto [from_server, to_server] = each_way();
    const Place from{from_server};
    const Place to{to_server};
    from.record({event("192.0.2.1", 60s, "alice"), event("192.0.2.2", 10s, "bob")});
    to.record({event("192.0.2.1", 10s, "alice"), event("192.0.2.2", 60s, "carol")});
    Copy{from, to}.run();
    CHECK(to.all() == std::set{entry("192.0.2.1", {{10s, "alice"}}), entry("192.0.2.2", {{10s, "bob"}, {60s, "carol"}})});
}

TEST_CASE("what is deleted from the source while it is copied does not come back in the target") {
    const auto [from_server, to_server] = each_way();
    const Place from{from_server};
    const Place to{to_server};
    from.record({event("192.0.2.1", 60s, "alice"), event("192.0.2.2", 60s, "bob"), event("192.0.2.3", 60s, "carol"),
                 event("192.0.2.3", 50s, "dave"), event("192.0.2.4", 60s, "erin")});
    to.record({event("192.0.2.2", 99s, "own")});
    Copy copy{from, to};
    copy.pass();
    from.writer()->remove({address("192.0.2.1"), address("192.0.2.2"), address("192.0.2.4")});
    from.writer()->remove_logins({"dave"});
    to.record({event("192.0.2.4", 1s, "later")});
    copy.run();
    CHECK(to.all() == std::set{entry("192.0.2.2", {{99s, "own"}}), entry("192.0.2.3", {{60s, "carol"}}), entry("192.0.2.4", {{1s, "later"}})});
    CHECK(copy.copy.outcome().taken_back == 4);
}

TEST_CASE("what is deleted after it was looked at and before it is written does not stay either") {
    const auto [from_server, to_server] = each_way();
    const Place from{from_server};
    const Place to{to_server};
    from.record({event("192.0.2.1", 60s, "alice"), event("192.0.2.2", 60s, "bob")});
    Copy copy{from, to};
    copy.look();
    from.writer()->remove({address("192.0.2.1")});
    copy.copy.carry();
    copy.run();
    CHECK(to.all() == std::set{entry("192.0.2.2", {{60s, "bob"}})});
}

TEST_CASE("what comes to the source while it is copied comes to the target, and what is deleted there stays deleted") {
    const auto [from_server, to_server] = each_way();
    const Place from{from_server};
    const Place to{to_server};
    from.record({event("192.0.2.1", 60s, "alice"), event("192.0.2.2", 60s, "bob")});
    Copy copy{from, to};
    copy.pass();
    from.record({event("192.0.2.3", 5s, "carol"), event("192.0.2.1", 5s, "alice")});
    to.writer()->remove({address("192.0.2.2")});
    copy.run();
    CHECK(to.all() == std::set{entry("192.0.2.1", {{5s, "alice"}}), entry("192.0.2.3", {{5s, "carol"}})});
}

TEST_CASE("the last pass takes back, adds nothing, and tells what it left") {
    const Place from{false};
    const Place to{true};
    from.record({event("192.0.2.1", 60s, "alice"), event("192.0.2.2", 60s, "bob")});
    Copy copy{from, to};
    copy.pass();
    from.writer()->remove({address("192.0.2.1")});
    from.record({event("192.0.2.3", 5s, "carol"), event("192.0.2.2", 5s, "bob")});
    copy.pass(true);
    CHECK(to.all() == std::set{entry("192.0.2.2", {{60s, "bob"}})});
    CHECK((copy.copy.outcome().behind == 2 && copy.copy.outcome().taken_back == 1));
}

TEST_CASE("a copy beside somebody who records and deletes all the time ends as the source does") {
    const auto [from_server, to_server] = each_way();
    const Place from{from_server};
    const Place to{to_server};
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    from.record({event("192.0.2.99", 5s, "first")});
    std::atomic<bool> enough{false};
    std::thread others{[&] {
        std::minstd_rand random{seed};
        const auto any = [&random](unsigned below) { return static_cast<int>(random() % below); };
        while (!enough) {
            const std::string client = (any(2) == 0 ? "192.0.2." : "2001:db8::") + std::to_string(any(40));
            const std::string name = "user" + std::to_string(any(4));
            switch (any(4)) {
                case 0: from.writer()->remove({address(client)}); break;
                case 1: from.writer()->remove_logins({name}); break;
                default: from.record({event(client, std::chrono::seconds{any(600)}, name)});
            }
        }
    }};
    Copy copy{from, to};
    for (int pass = 0; pass < 20; ++pass) copy.pass();
    enough = true;
    others.join();
    copy.run();
    CHECK(to.all() == from.all());
}

TEST_CASE("what cannot be read is left out and told") {
    const Place from{false};
    const Place to{true};
    from.record({event("192.0.2.1", 60s, "alice")});
    put_raw(from.database().name, "192.0.2.2", "rubbish");
    put_raw(from.database().name, "nowhere", "17");
    Copy copy{from, to};
    copy.run();
    CHECK(to.all().size() == 1);
    CHECK(copy.copy.outcome().unreadable.count == 2);
}

TEST_CASE("an address under several spellings in the file is one entry on the server") {
    const Place from{false};
    const Place to{true};
    const auto seconds = [](std::chrono::seconds ago) { return std::to_string((kNow - ago).time_since_epoch().count()); };
    put_raw(from.database().name, "ipv6:2001:db8:0:0:0:0:0:1", seconds(9s));
    put_raw(from.database().name, "2001:db8::1", seconds(5s) + " alice");
    Copy{from, to}.run();
    CHECK(to.all() == std::set{entry("2001:db8::1", {{5s, "alice"}, {9s, "-"}})});
}

TEST_CASE("an old entry does not get a new life by being copied to a server and back") {
    const Place file{false};
    const Place server{true};
    const Place back{false};
    file.record({event("192.0.2.1", 1440min + 60s, "alice"), event("192.0.2.2", 1440min - 60s, "bob")});
    Copy{file, server}.run();
    Copy{server, back}.run();
    CHECK(back.all() == std::set{entry("192.0.2.2", {{1440min - 60s, "bob"}})});
}

TEST_CASE("only what the copy brought is taken back") {
    const Login alice{kNow - 60s, "alice"};
    const Login bob{kNow - 70s, "bob"};
    const Login later{kNow - 5s, "alice"};
    const CopiedEntry gone{record({alice, bob}), std::nullopt, std::nullopt};
    CHECK(without_gone(record({alice, bob}), gone) == std::nullopt);
    CHECK(without_gone(record({later, bob}), gone) == record({later}));
    CHECK(without_gone(std::nullopt, gone) == std::nullopt);
    CHECK(without_gone(record({alice, bob}), {record({alice, bob}), std::nullopt, record({bob})}) == record({bob}));
    CHECK(without_gone(record({alice, bob}), {record({alice, bob}), record({alice}), std::nullopt}) == record({alice}));
    CHECK(without_gone(record({alice, bob}), {record({alice, bob}), record({later, bob}), std::nullopt}) == record({alice, bob}));
    const LoginRecord nameless{Layout::timestamp, kNow, {}};
    CHECK(without_gone(nameless, {nameless, std::nullopt, std::nullopt}) == std::nullopt);
    CHECK(without_gone(nameless, {nameless, nameless, std::nullopt}) == nameless);
}
