// The same changes on a file and on a server leave the same entries.
#include <set>

#include "policy/source/login_database.h"
#include "tests/property/property.h"
#include "tests/support/redis_server.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

const auto kNow = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());

/// Few, so that changes meet; one that no word of an entry can hold as it is.
const std::vector<std::string> kClients{"192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"};
const std::vector<std::string> kNames{"alice", "bob", "", "-", "a b\xff", std::string(400, 'x')};

template <class T>
const T& one_of(const std::vector<T>& all) { return all[*rc::gen::inRange<std::size_t>(0, all.size())]; }

Address any_client() { return Address::parse(one_of(kClients)).value(); }

/// Fresh for as long as the test runs, or in the future.
std::chrono::sys_seconds any_time() { return kNow - std::chrono::seconds{*rc::gen::inRange(-100, 2000)}; }

/// Names enough for an entry to be full.
std::string any_name() {
    const auto number = *rc::gen::inRange(0, 40);
    return number < 20 ? one_of(kNames) : "user" + std::to_string(number);
}

std::vector<LoginEvent> any_events() {
    std::vector<LoginEvent> events;
    for (int count = *rc::gen::inRange(0, 30); count > 0; --count) events.push_back({any_client(), any_time(), any_name()});
    return events;
}

/// What one change told: whom it missed, what it removed.
std::multiset<std::string> told_by(LoginWriter& writer, int change, const std::vector<LoginEvent>& events) {
    std::multiset<std::string> told;
    std::vector<Address> clients;
    for (const LoginEvent& event : events) clients.push_back(event.client);
    const auto at = events.empty() ? kNow : events.front().at;
    switch (change) {
        case 0: writer.record(events); break;
        case 1:
            if (!clients.empty()) writer.add(clients, LoginRecord{Layout::timestamp, at, {}});
            break;
        case 2:
            for (const Address& missing : writer.remove(clients)) told.insert(missing.text());
            break;
        case 3:
            for (const auto& each : writer.remove_logins({events.empty() ? "alice" : events.front().login}))
                told.insert(each.client.text() + each.login + (each.entry_stays ? " stays" : " goes"));
            break;
        default: told.insert(std::to_string(writer.expire(at).removed));
    }
    return told;
}

std::multiset<std::string> entries_of(const LoginDatabase& database) {
    std::multiset<std::string> entries;
    const auto walk = open_login_walk(database, 10s);
    while (walk && walk->next([&entries](std::string_view key, std::string_view data) {
        entries.insert(std::string{key}.append(1, ' ').append(data));
    })) {
    }
    return entries;
}

}  // namespace

TEST_CASE("the same changes leave the same entries on a file and on a server") {
    const RedisServer server;
    property::holds("the same entries", [&server] {
        const Scratch scratch;
        const LoginDatabase file{.name = scratch / "relayers.db"};
        LoginDatabase shared{.name = server.url()};
        shared.redis.deadline = 10s;
        RedisClient{server.url(), shared.redis}.call(RedisCommand{"FLUSHALL"});
        const auto on_file = open_login_writer(file, 10s);
        const auto on_server = open_login_writer(shared, 10s);
        for (int changes = *rc::gen::inRange(1, 15); changes > 0; --changes) {
            const int change = *rc::gen::weightedElement<int>({{6, 0}, {1, 1}, {2, 2}, {2, 3}, {1, 4}});
            const auto events = any_events();
            RC_ASSERT(told_by(*on_file, change, events) == told_by(*on_server, change, events));
            RC_ASSERT(entries_of(file) == entries_of(shared));
        }
    });
}
