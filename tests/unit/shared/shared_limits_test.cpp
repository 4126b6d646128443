#include "policy/source/shared/shared_limits.h"

#include <thread>

#include "tests/support/catch.h"
#include "tests/unit/shared/shared_world.h"

using namespace relay;
using namespace std::chrono_literals;

TEST_CASE("a recipient is within all limits that apply, or charged to none") {
    const RedisServer server;
    const auto set = host_of(server, with_limits({limit("logins", LimitPer::login, LimitCount::recipients, 5),
                                                  limit("networks", LimitPer::network4, LimitCount::recipients, 2)}));
    CHECK(set.charge(alice(), false, kIgnored).absent());
    CHECK(set.charge(alice(), false, kIgnored).absent());
    for (int i = 0; i < 10; ++i) CHECK(over(set.charge(alice(), false, kIgnored)) == "networks ");
    const LimitSubject elsewhere{"alice", Address::parse("198.51.100.1")};
    CHECK(set.charge(elsewhere, false, kIgnored).absent());
    CHECK(set.charge(elsewhere, false, kIgnored).absent());
    CHECK(over(set.charge(elsewhere, false, kIgnored)) == "networks ");
}

TEST_CASE("the answer names action, wait and what is counted, the longest wait first") {
    const RedisServer server;
    auto slow = limit("slow", LimitPer::login, LimitCount::messages, 1);
    slow.action = LimitAction::refuse;
    const auto set = host_of(server, with_limits({limit("fast", LimitPer::login, LimitCount::recipients, 60), slow}));
    CHECK(set.charge(alice(), false, kIgnored).absent());
    for (int i = 0; i < 59; ++i) CHECK(set.charge(alice(), true, kIgnored).absent());
    const auto answer = set.charge(alice(), false, kIgnored);
    REQUIRE(answer.found());
    const auto& limits = answer.value().limits;
    REQUIRE(limits.size() == 2);
    CHECK(limits[0] == OverLimit{"slow", Action::refuse, limits[0].wait, false, Mode::enforce});
    CHECK(limits[1] == OverLimit{"fast", Action::defer, limits[1].wait, true, Mode::enforce});
    CHECK((limits[0].wait > 3500s && limits[0].wait <= 3600s));
    CHECK((limits[1].wait > 0s && limits[1].wait <= 60s));
    CHECK(set.peek(alice(), true, kIgnored).value().limits.size() == 1);
}

TEST_CASE("room comes back as time goes by") {
    const RedisServer server;
    auto quick = limit("quick", LimitPer::login, LimitCount::recipients, 2);
    quick.within = 2s;
    const auto set = host_of(server, with_limits({quick}));
    CHECK(set.charge(alice(), false, kIgnored).absent());
    CHECK(set.charge(alice(), false, kIgnored).absent());
    CHECK(over(set.charge(alice(), false, kIgnored)) == "quick ");
    std::this_thread::sleep_for(1010ms);
    CHECK(set.charge(alice(), false, kIgnored).absent());
    CHECK(over(set.charge(alice(), false, kIgnored)) == "quick ");
    std::this_thread::sleep_for(2100ms);
    CHECK(*asked(server, {"DBSIZE"}).integer() == 0);  // What owes nothing any more is not kept.
}

TEST_CASE("refusals are counted apart, stop what they reach, and a permitted recipient adds none") {
    const RedisServer server;
    const auto set = host_of(server, with_limits({limit("refusals", LimitPer::client, LimitCount::refusals, 2)}));
    CHECK(set.counts_refusals());
    for (int i = 0; i < 10; ++i) CHECK(set.charge(alice(), false, kIgnored).absent());
    set.count_refusal(alice(), kIgnored);
    CHECK(set.charge(alice(), false, kIgnored).absent());
    for (int i = 0; i < 100; ++i) set.count_refusal(alice(), kIgnored);
    const auto full = set.charge(alice(), false, kIgnored);
    CHECK(over(full) == "refusals ");
    CHECK(full.value().limits.at(0).wait <= 1800s);
}

TEST_CASE("hosts that share a server permit no more together than one would") {
    const RedisServer server;
    const Settings settings = with_limits({limit("hourly", LimitPer::login, LimitCount::recipients, 100)});
    const auto one = host_of(server, settings), other = host_of(server, settings);
    std::atomic<int> permitted{0};
    std::vector<std::thread> threads;
    for (const SharedLimits* host : {&one, &other, &one, &other})
        threads.emplace_back([host, &permitted] {
            for (int i = 0; i < 100; ++i)
                if (host->charge(alice(), false, kIgnored).absent()) ++permitted;
        });
    for (auto& thread : threads) thread.join();
    CHECK(permitted == 100);
}

TEST_CASE("hosts that share a server permit no faster together than the limit says") {
    const RedisServer server;
    auto quick = limit("quick", LimitPer::login, LimitCount::recipients, 100);
    quick.within = 1s;
    quick.burst = 20;
    const auto one = host_of(server, with_limits({quick})), other = host_of(server, with_limits({quick}));
    const auto begin = std::chrono::steady_clock::now();
    int permitted = 0;
    while (std::chrono::steady_clock::now() - begin < 1s)
        for (const SharedLimits* host : {&one, &other})
            if (host->charge(alice(), false, kIgnored).absent()) ++permitted;
    const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    CHECK(permitted <= 20 + 100 * took + 1);
    CHECK(permitted >= 100);
}

TEST_CASE("the fullest keys are told, and a reset one begins anew") {
    const RedisServer server;
    const auto set = host_of(server, with_limits({limit("x", LimitPer::login, LimitCount::recipients, 10)}));
    for (int i = 0; i < 3; ++i) static_cast<void>(set.charge({"bob", {}}, false, kIgnored));
    for (int i = 0; i < 12; ++i) static_cast<void>(set.charge({"carol", {}}, false, kIgnored));
    const auto gone = host_of(server, with_limits({limit("y", LimitPer::login, LimitCount::recipients, 10)}));
    static_cast<void>(gone.charge({"bob", {}}, false, kIgnored));  // Of a limit that is not configured here.
    const auto all = set.fullest(10, "", kIgnored);
    REQUIRE(all.size() == 2);
    CHECK(all[0].key == "carol");
    CHECK(all[0].used == 10);
    CHECK((all[0].wait > 350s && all[0].wait <= 360s));
    CHECK(all[1].used == 3);
    CHECK(set.fullest(1, "", kIgnored).size() == 1);
    CHECK(set.fullest(10, "BOB", kIgnored).at(0).used == 3);
    CHECK(set.reset("CAROL") == 1);
    CHECK(set.reset("nobody") == 0);
    CHECK(set.fullest(10, "", kIgnored).size() == 1);
}

TEST_CASE("the fullest of many keys are found among whatever else stands there") {
    const RedisServer server;
    std::vector<RedisCommand> others;
    for (int i = 0; i < 5000; ++i) others.push_back({"SET", "milter-relay:login:" + std::to_string(i), "x"});
    client_of(server)->call(others);
    const auto set = host_of(server, with_limits({limit("x", LimitPer::login, LimitCount::recipients, 1000)}));
    for (int i = 0; i < 300; ++i)
        for (int times = i % 7; times >= 0; --times)
            static_cast<void>(set.charge({"user" + std::to_string(i), {}}, false, kIgnored));
    const auto fullest = set.fullest(42, "", kIgnored);
    REQUIRE(fullest.size() == 42);
    for (const auto& fill : fullest) CHECK(fill.used == 7);
}

TEST_CASE("a login of any bytes and any length is one key, and no other's") {
    const RedisServer server;
    const auto set = host_of(server, with_limits({limit("x", LimitPer::login, LimitCount::recipients, 1)}));
    const std::string odd("a\0\r\n*:{x}", 10), longer(5000, 'x');
    for (const std::string& login : {odd, odd + 'b', longer, longer + 'b', longer.substr(0, 128)}) {
        CHECK(set.charge({login, {}}, false, kIgnored).absent());
        CHECK(over(set.charge({login, {}}, false, kIgnored)) == "x ");
        CHECK(set.fullest(10, login, kIgnored).size() == 1);
        CHECK(set.brake(login, Address::parse("192.0.2.1"), kIgnored).absent());
        CHECK(set.brake(login, Address::parse("198.51.100.1"), kIgnored).found());
        CHECK(set.release(login, kIgnored));
    }
    CHECK(set.fullest(10, "", kIgnored).size() == 5);
    CHECK(set.reset(longer) == 1);
}

TEST_CASE("a login that one host brakes is braked at each, is listed at each, and released at each") {
    const RedisServer server;
    const Settings settings = with_limits({});
    const auto one = host_of(server, settings), other = host_of(server, settings);
    CHECK(one.brake("alice", Address::parse("192.0.2.1"), kIgnored).absent());
    const auto braked = other.brake("alice", Address::parse("198.51.100.1"), kIgnored);
    REQUIRE(braked.found());
    CHECK(braked.value() == Braked{Action::defer, 3600s, "2 networks within 3600 s"});
    const auto seen = one.brake("Alice", {}, kIgnored);
    REQUIRE(seen.found());
    CHECK(seen.value().left > 3590s);
    REQUIRE(one.brakes(kIgnored).size() == 1);
    CHECK(one.brakes(kIgnored)[0].login == "alice");
    CHECK(one.brakes(kIgnored)[0].left <= 1h);
    CHECK(one.brakes(kIgnored)[0].left > 59min);
    CHECK(other.release("ALICE", kIgnored));
    CHECK_FALSE(one.release("alice", kIgnored));
    CHECK(one.brakes(kIgnored).empty());
    CHECK(one.brake("alice", Address::parse("192.0.2.1"), kIgnored).absent());
}

TEST_CASE("a brake without an end holds until it is released, and one that has ended is not listed") {
    const RedisServer server;
    Settings settings = with_limits({});
    settings.guard.hold = 0s;
    const auto for_ever = host_of(server, settings);
    const auto from_two_networks = [](const SharedLimits& host, const char* login) {
        for (const char* from : {"192.0.2.1", "198.51.100.1"}) static_cast<void>(host.brake(login, Address::parse(from), kIgnored));
    };
    from_two_networks(for_ever, "alice");
    CHECK(for_ever.brake("alice", {}, kIgnored).value() == Braked{Action::defer, 0s, "2 networks within 3600 s"});
    CHECK_FALSE(for_ever.brakes(kIgnored).at(0).left);
    settings.guard.hold = 1s;
    const auto short_lived = host_of(server, settings);
    from_two_networks(short_lived, "bob");
    CHECK(short_lived.brakes(kIgnored).size() == 2);
    std::this_thread::sleep_for(1010ms);
    CHECK(short_lived.brakes(kIgnored).size() == 1);
    CHECK(short_lived.brake("bob", {}, kIgnored).absent());
    CHECK(for_ever.release("alice", kIgnored));
    CHECK(*asked(server, {"EXISTS", "milter-relay:guard:alice"}).integer() == 0);
}

TEST_CASE("an offence that brakes says so at once, and only with a guard") {
    const RedisServer server;
    Settings settings = with_limits({});
    settings.guard.limit_hits = 1;
    const auto set = host_of(server, settings);
    CHECK_FALSE(set.count_against("alice", GuardCause::limit_hits, kIgnored));
    CHECK(set.count_against("alice", GuardCause::limit_hits, kIgnored) ==
          Braked{Action::defer, 3600s, "more than 1 limit hits within 3600 s"});
    CHECK_FALSE(set.count_against("alice", GuardCause::limit_hits, kIgnored));  // Braked already: it is told once.
    CHECK(set.brakes(kIgnored).at(0).why == "more than 1 limit hits within 3600 s");
    CHECK_FALSE(set.count_against("alice", GuardCause::refusals, kIgnored));
    settings.guard.on = false;
    const auto off = host_of(server, settings);
    CHECK(off.brake("alice", {}, kIgnored).absent());
    CHECK_FALSE(off.count_against("bob", GuardCause::limit_hits, kIgnored));
}

TEST_CASE("the commands and keys of the user smtp in docs/shared-logins.md are enough") {
    const std::string guide = read_file("docs/shared-logins.md"), line = "\nuser smtp on >change-me-1 ";
    const auto begin = guide.find(line);
    REQUIRE(begin != std::string::npos);
    const auto rights = begin + line.size();
    const std::string allowed = guide.substr(rights, guide.find('\n', rights) - rights);
    const RedisServer server{{"user default on nopass resetkeys " + allowed + " +ping"}};
    Settings settings = with_limits({limit("x", LimitPer::login, LimitCount::recipients, 1),
                                     limit("y", LimitPer::client, LimitCount::refusals, 2)});
    settings.guard.refusals = 1;
    settings.guard.within = 1s;
    const auto set = host_of(server, settings);
    CHECK(set.charge(alice(), false, kIgnored).absent());
    set.count_refusal(alice(), kIgnored);
    CHECK(set.fullest(10, "", kIgnored).size() == 2);
    CHECK(set.reset("alice") == 1);
    CHECK(set.brake("alice", Address::parse("192.0.2.1"), kIgnored).absent());
    std::this_thread::sleep_for(1010ms);
    CHECK_FALSE(set.count_against("alice", GuardCause::refusals, kIgnored));
    CHECK(set.brake("alice", Address::parse("198.51.100.1"), kIgnored).absent());
    CHECK(set.count_against("alice", GuardCause::refusals, kIgnored));
    CHECK(set.brakes(kIgnored).size() == 1);
    CHECK(set.release("alice", kIgnored));
}
