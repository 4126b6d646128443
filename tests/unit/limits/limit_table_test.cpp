#include "policy/source/limits/limit_table.h"

#include <atomic>
#include <iostream>
#include <thread>

#include "tests/support/catch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

constexpr SipKey kSeed{1, 2};
constexpr LimitTime kNow = 100h;

bool charge(LimitTable& table, const std::string& key, const Pace& pace, LimitTime now = kNow) {
    std::array<LimitTable::Demand, 1> demand;
    demand[0].table = &table;
    demand[0].key = key;
    demand[0].pace = pace;
    return LimitTable::charge(demand, now);
}

LimitTable::Demand demand(LimitTable& table, const std::string& key, const Pace& pace, bool binding = true) {
    LimitTable::Demand made;
    made.table = &table;
    made.key = key;
    made.pace = pace;
    made.binding = binding;
    return made;
}

}  // namespace

TEST_CASE("a key has its burst and then none, and others are not touched by it") {
    LimitTable table{kSeed};
    const Pace pace{3, 1h, 3};
    for (int i = 0; i < 3; ++i) CHECK(charge(table, "alice", pace));
    CHECK_FALSE(charge(table, "alice", pace));
    CHECK(charge(table, "bob", pace));
    CHECK(charge(table, "alice", pace, kNow + 20min));
    CHECK_FALSE(charge(table, "alice", pace, kNow + 20min));
}

TEST_CASE("an earlier time than was seen before opens nothing") {
    LimitTable table{kSeed};
    const Pace pace{1, 1h, 1};
    CHECK(charge(table, "alice", pace, kNow));
    CHECK_FALSE(charge(table, "alice", pace, kNow - 50h));
    CHECK_FALSE(charge(table, "alice", pace, kNow + 59min));
    CHECK(charge(table, "alice", pace, kNow + 60min));
}

TEST_CASE("several limits are charged all or none") {
    LimitTable logins{kSeed}, networks{kSeed};
    const Pace many{100, 1h, 100}, one{1, 1h, 1};
    std::array demands{demand(logins, "alice", many), demand(networks, "192.0.2.0/24", one)};
    CHECK(LimitTable::charge(demands, kNow));
    const auto before = logins.value("alice");
    for (int i = 0; i < 50; ++i) CHECK_FALSE(LimitTable::charge(demands, kNow));
    CHECK(logins.value("alice") == before);
}

TEST_CASE("a limit that only tells is counted, never stops, and says that it had no room") {
    LimitTable logins{kSeed}, told{kSeed};
    const Pace many{100, 1h, 100}, one{1, 1h, 1};
    std::array demands{demand(logins, "alice", many), demand(told, "alice", one, false)};
    CHECK(LimitTable::charge(demands, kNow));
    CHECK(LimitTable::charge(demands, kNow));
    for (const auto& d : demands) CHECK(d.had_room == (d.table == &logins));
    CHECK(many.used(logins.value("alice"), kNow) == 2);
}

TEST_CASE("long keys that differ only behind what is kept of them are two keys") {
    LimitTable table{kSeed};
    const Pace one{1, 1h, 1};
    const std::string same(LimitTable::kKeptText, 'x');
    CHECK(charge(table, same + "a", one));
    CHECK(charge(table, same + "b", one));
    CHECK_FALSE(charge(table, same + "b", one));
    CHECK(table.entries(kNow).front().text == same);
}

TEST_CASE("a key that is forgotten owes nothing") {
    LimitTable table{kSeed};
    const Pace one{1, 1h, 1};
    CHECK(charge(table, "alice", one));
    CHECK(table.forget("alice"));
    CHECK(charge(table, "alice", one));
    CHECK_FALSE(table.forget("bob"));
}

TEST_CASE("what entries tell can be put back") {
    LimitTable table{kSeed}, other{kSeed};
    const Pace pace{3, 1h, 3};
    for (int i = 0; i < 3; ++i) charge(table, "alice", pace);
    charge(table, "bob", pace);
    for (const auto& entry : table.entries(kNow)) other.restore(entry, kNow);
    CHECK(other.entries(kNow).size() == 2);
    CHECK_FALSE(charge(other, "alice", pace));
    CHECK(charge(other, "bob", pace));
    CHECK(table.entries(kNow + 2h).empty());
}

TEST_CASE("a hundred thousand keys are all known, in few megabytes, and idle ones leave their place") {
    LimitTable table{kSeed};
    const Pace two{2, 1h, 2};
    constexpr int kKeys = 100'000;
    for (int i = 0; i < kKeys; ++i) REQUIRE(charge(table, "user" + std::to_string(i) + "@example.org", two));
    CHECK(table.entries(kNow).size() == kKeys);
    CHECK(table.forgotten() == 0);
    std::cout << kKeys << " keys: " << table.bytes() << " bytes\n";
    CHECK(table.bytes() < 8'000'000);
    for (int round = 1; round < 4; ++round)
        for (int i = 0; i < kKeys; ++i) charge(table, std::to_string(round) + "/" + std::to_string(i), two, kNow + 2h * round);
    CHECK(table.forgotten() == 0);
    CHECK(table.bytes() < 8'000'000);
    CHECK(table.entries(kNow + 6h).size() == kKeys);
}

TEST_CASE("an attacker's many keys do not push out a spammer who is at his limit") {
    LimitTable table{kSeed};
    const Pace ten{10, 1h, 10};
    for (int i = 0; i < 10; ++i) REQUIRE(charge(table, "spammer", ten));
    for (int i = 0; i < 500'000; ++i) charge(table, "2001:db8:" + std::to_string(i), ten, kNow);
    CHECK(table.forgotten() > 100'000);
    CHECK_FALSE(charge(table, "spammer", ten));
    CHECK(table.entries(kNow).size() <= LimitTable::kMostKeys);
    CHECK(table.bytes() < 8'000'000);
}

TEST_CASE("threads together have no more than the limit, and limits in any order do not wait in a circle") {
    LimitTable a{kSeed}, b{kSeed};
    const Pace pace{1000, 1h, 1000};
    std::atomic<int> permitted{0};
    const auto work = [&](bool turned) {
        for (int i = 0; i < 1000; ++i) {
            std::array demands{demand(turned ? b : a, "alice", pace), demand(turned ? a : b, "alice", pace)};
            if (LimitTable::charge(demands, kNow)) ++permitted;
            if (i % 100 == 0) static_cast<void>(a.entries(kNow));
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(work, i % 2 == 1);
    for (auto& thread : threads) thread.join();
    CHECK(permitted == 1000);
    CHECK(pace.used(a.value("alice"), kNow) == 1000);
    CHECK(pace.used(b.value("alice"), kNow) == 1000);
}

TEST_CASE("threads that fill a table lose no key") {
    LimitTable table{kSeed};
    const Pace one{1, 1h, 1};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&table, one, t] {
            for (int i = 0; i < 5000; ++i) charge(table, std::to_string(t) + "/" + std::to_string(i), one);
        });
    for (auto& thread : threads) thread.join();
    CHECK(table.entries(kNow).size() == 20'000);
}
