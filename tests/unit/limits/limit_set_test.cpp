#include "policy/source/limits/limit_set.h"

#include "tests/support/catch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

constexpr LimitTime kNow = 100h;

LimitSettings limit(const char* name, LimitPer per, LimitCount count, unsigned max) {
    LimitSettings settings;
    settings.name.assign(name);
    settings.per = per;
    settings.bits = 24;
    settings.count = count;
    settings.max = settings.burst = max;
    return settings;
}

LimitSet set_of(std::vector<LimitSettings> limits, std::shared_ptr<LimitStore> store = std::make_shared<LimitStore>()) {
    Settings settings;
    settings.limits = std::move(limits);
    settings.guard.on = true;
    settings.guard.networks = 1;
    return {settings, std::move(store)};
}

LimitSubject alice() { return {"alice", Address::parse("192.0.2.1")}; }

/// The names of the limits that were exceeded.
std::string over(const Lookup<OverLimits>& answer) {
    std::string names;
    if (answer.found())
        for (const OverLimit& limit : answer.value().limits) names += limit.limit + ' ';
    return names;
}

}  // namespace

TEST_CASE("a recipient is within all limits that apply, or charged to none") {
    const LimitSet set = set_of({limit("logins", LimitPer::login, LimitCount::recipients, 5),
                                 limit("networks", LimitPer::network4, LimitCount::recipients, 2)});
    CHECK(set.charge(alice(), false, kNow).absent());
    CHECK(set.charge(alice(), false, kNow).absent());
    for (int i = 0; i < 10; ++i) CHECK(over(set.charge(alice(), false, kNow)) == "networks ");
    const LimitSubject elsewhere{"alice", Address::parse("198.51.100.1")};
    CHECK(set.charge(elsewhere, false, kNow).absent());
    CHECK(set.charge(elsewhere, false, kNow).absent());
    CHECK(over(set.charge(elsewhere, false, kNow)) == "networks ");
}

TEST_CASE("the answer names action, wait and what is counted, the longest wait first") {
    auto slow = limit("slow", LimitPer::login, LimitCount::messages, 1);
    slow.action = LimitAction::refuse;
    const LimitSet set = set_of({limit("fast", LimitPer::login, LimitCount::recipients, 60), slow});
    CHECK(set.charge(alice(), false, kNow).absent());
    for (int i = 0; i < 59; ++i) CHECK(set.charge(alice(), true, kNow).absent());
    const auto answer = set.charge(alice(), false, kNow);
    REQUIRE(answer.found());
    CHECK(answer.value().limits == std::vector{OverLimit{"slow", Action::refuse, 3600s, false, Mode::enforce},
                                               OverLimit{"fast", Action::defer, 60s, true, Mode::enforce}});
}

TEST_CASE("what only tells never stops, and is counted beside what does") {
    auto told = limit("told", LimitPer::login, LimitCount::recipients, 1);
    told.mode = Mode::monitor;
    auto logged = limit("logged", LimitPer::login, LimitCount::recipients, 2);
    logged.action = LimitAction::log;
    const LimitSet set = set_of({told, logged, limit("hard", LimitPer::login, LimitCount::recipients, 3)});
    CHECK(set.charge(alice(), false, kNow).absent());
    CHECK(over(set.charge(alice(), false, kNow)) == "told ");
    CHECK(over(set.charge(alice(), false, kNow)) == "told logged ");
    CHECK(over(set.charge(alice(), false, kNow)).starts_with("hard "));
}

TEST_CASE("a message is charged once, and costs nothing while a limit on recipients stops it") {
    const LimitSet set = set_of({limit("messages", LimitPer::login, LimitCount::messages, 1),
                                 limit("recipients", LimitPer::login, LimitCount::recipients, 1)});
    CHECK(set.charge(alice(), false, kNow).absent());
    CHECK(over(set.charge(alice(), true, kNow)) == "recipients ");
    CHECK(over(set.charge(alice(), false, kNow + 1h - 1s)).find("messages") != std::string::npos);
    CHECK(set.charge(alice(), false, kNow + 1h).absent());
}

TEST_CASE("refusals are counted apart, stop what they reach, and a permitted recipient adds none") {
    const LimitSet set = set_of({limit("refusals", LimitPer::client, LimitCount::refusals, 2)});
    CHECK(set.counts_refusals());
    for (int i = 0; i < 10; ++i) CHECK(set.charge(alice(), false, kNow).absent());
    set.count_refusal(alice(), kNow);
    CHECK(set.charge(alice(), false, kNow).absent());
    for (int i = 0; i < 100; ++i) set.count_refusal(alice(), kNow);
    CHECK(over(set.charge(alice(), false, kNow)) == "refusals ");
    CHECK(set.charge(alice(), false, kNow + 30min).absent());
}

TEST_CASE("two configurations on one store share the counts of a name") {
    const auto store = std::make_shared<LimitStore>();
    const LimitSet before = set_of({limit("x", LimitPer::login, LimitCount::recipients, 2)}, store);
    CHECK(before.charge(alice(), false, kNow).absent());
    CHECK(before.charge(alice(), false, kNow).absent());
    CHECK(over(set_of({limit("x", LimitPer::login, LimitCount::recipients, 2)}, store).charge(alice(), false, kNow)) == "x ");
    CHECK(set_of({limit("y", LimitPer::login, LimitCount::recipients, 2)}, store).charge(alice(), false, kNow).absent());
}

TEST_CASE("without a store nothing is counted") {
    const LimitSet set = set_of({limit("x", LimitPer::login, LimitCount::recipients, 1)}, nullptr);
    for (int i = 0; i < 5; ++i) CHECK(set.charge(alice(), false, kNow).absent());
    CHECK(set.brake("alice", Address::parse("192.0.2.1"), kNow).absent());
    CHECK(set.fullest(10, "", kNow).empty());
    CHECK_FALSE(set.release("alice", kNow));
}

TEST_CASE("the fullest keys come first, one can be asked for and emptied") {
    const LimitSet set = set_of({limit("x", LimitPer::login, LimitCount::recipients, 10)});
    for (int i = 0; i < 3; ++i) static_cast<void>(set.charge({"bob", {}}, false, kNow));
    for (int i = 0; i < 10; ++i) static_cast<void>(set.charge({"Carol", {}}, false, kNow));
    const auto all = set.fullest(10, "", kNow);
    REQUIRE(all.size() == 2);
    CHECK(all[0].key == "carol");
    CHECK(all[0].used == 10);
    CHECK(all[0].wait == 6min);
    CHECK(all[1].used == 3);
    CHECK(set.fullest(1, "", kNow).size() == 1);
    CHECK(set.fullest(10, "BOB", kNow).at(0).used == 3);
    CHECK(set.reset("CAROL") == 1);
    CHECK(set.reset("nobody") == 0);
    CHECK(set.fullest(10, "", kNow).size() == 1);
}

TEST_CASE("a brake says how long it holds and why") {
    const LimitSet set = set_of({});
    CHECK(set.brake("alice", Address::parse("192.0.2.1"), kNow).absent());
    const auto braked = set.brake("alice", Address::parse("198.51.100.1"), kNow);
    REQUIRE(braked.found());
    CHECK(braked.value() == Braked{Action::defer, 3600s, "2 networks within 3600 s"});
    REQUIRE(set.brakes(kNow).size() == 1);
    CHECK(set.brakes(kNow)[0].left == 1h);
    CHECK(set.release("alice", kNow));
    CHECK(set.brakes(kNow).empty());
}

TEST_CASE("an offence that brakes says so at once, and only with a guard and a store") {
    Settings settings;
    settings.guard.on = true;
    settings.guard.limit_hits = 1;
    const LimitSet set{settings, std::make_shared<LimitStore>()};
    CHECK_FALSE(set.count_against("alice", GuardCause::limit_hits, kNow));
    CHECK(set.count_against("alice", GuardCause::limit_hits, kNow) ==
          Braked{Action::defer, 3600s, "more than 1 limit hits within 3600 s"});
    CHECK(set.brake("alice", {}, kNow).found());
    CHECK(set.brakes(kNow).at(0).why == "more than 1 limit hits within 3600 s");
    const LimitSet without{settings, nullptr};
    settings.guard.on = false;
    const LimitSet off{settings, std::make_shared<LimitStore>()};
    for (int i = 0; i < 3; ++i) {
        CHECK_FALSE(without.count_against("alice", GuardCause::limit_hits, kNow));
        CHECK_FALSE(off.count_against("alice", GuardCause::limit_hits, kNow));
    }
}

TEST_CASE("an account that is typed in two ways has one count and one brake") {
    const LimitSet set = set_of({limit("x", LimitPer::login, LimitCount::recipients, 2)});
    CHECK(set.charge({"dave@c.example", {}}, false, kNow).absent());
    CHECK(set.charge({"Dave%c.example", {}}, false, kNow).absent());
    CHECK(over(set.charge({"dave@c.example", {}}, false, kNow)) == "x ");
    CHECK(set.fullest(10, "dave%c.example", kNow).at(0).used == 2);
    CHECK(set.reset("dave%c.example") == 1);
    CHECK(set.brake("dave@c.example", Address::parse("192.0.2.1"), kNow).absent());
    CHECK(set.brake("dave%c.example", Address::parse("198.51.100.1"), kNow).found());
    CHECK(set.release("dave%C.example", kNow));
}
