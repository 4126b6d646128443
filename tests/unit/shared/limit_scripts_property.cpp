// The Lua on a server, held against the limits of this process: both do the same, and have to say the same of it.
//
// A server's clock cannot be set. So these scripts take theirs from a key of the server's; the scripts of a host do not.
#include "policy/source/shared/limit_scripts.h"

#include "policy/source/limits/limit_set.h"
#include "tests/property/property.h"
#include "tests/unit/shared/shared_world.h"

using namespace relay;
using property::holds;
using namespace std::chrono_literals;

namespace {

constexpr const char* kClock = "test:now";

const LimitScripts& scripts_by_key() {
    static const LimitScripts scripts{"local now = tonumber(redis.call('GET', 'test:now'))\n"};
    return scripts;
}

/// So far ahead that what a case leaves behind never expires by the server's own clock while the case runs.
LimitTime next_month() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()) + 24h * 30;
}

LimitAction any_action() { return *rc::gen::element(LimitAction::defer, LimitAction::refuse, LimitAction::log); }
Mode any_mode() { return *rc::gen::weightedElement<Mode>({{4, Mode::enforce}, {1, Mode::monitor}}); }

/// Of paces that are whole microseconds, which the process tells apart as well.
LimitSettings any_limit(int number) {
    LimitSettings settings;
    settings.name = "limit" + std::to_string(number);
    settings.per = *rc::gen::element(LimitPer::login, LimitPer::login_domain, LimitPer::client, LimitPer::network4);
    settings.bits = 24;
    settings.count = *rc::gen::element(LimitCount::recipients, LimitCount::messages, LimitCount::refusals);
    settings.max = *rc::gen::element(1U, 2U, 3U, 4U, 5U, 8U);
    settings.burst = *rc::gen::inRange(1U, settings.max + 1);
    settings.within = std::chrono::seconds{*rc::gen::element(3, 60, 3600, 86'400 * 366)};
    settings.action = any_action();
    settings.mode = any_mode();
    return settings;
}

Settings any_settings() {
    Settings settings;
    for (int limits = *rc::gen::inRange(0, 4); limits > 0; --limits) settings.limits.push_back(any_limit(limits));
    settings.guard.on = *rc::gen::weightedElement<bool>({{4, true}, {1, false}});
    settings.guard.networks = *rc::gen::inRange(0U, 4U);
    settings.guard.refusals = *rc::gen::inRange(0U, 4U);
    settings.guard.limit_hits = *rc::gen::inRange(0U, 4U);
    settings.guard.within = std::chrono::seconds{*rc::gen::element(12, 3600)};
    settings.guard.hold = std::chrono::seconds{*rc::gen::element(0, 1, 3600)};
    settings.guard.action = any_action();
    return settings;
}

LimitTime any_step() {
    return std::chrono::microseconds{*rc::gen::weightedOneOf<std::int64_t>(
        {{4, rc::gen::just<std::int64_t>(0)},
         {2, rc::gen::element<std::int64_t>(1, 999'999, 1'000'000, 1'000'001, 3'000'000, 12'000'000, 20'000'000, 3'600'000'000)},
         {2, rc::gen::inRange<std::int64_t>(0, 10'000'000)},
         {1, rc::gen::inRange<std::int64_t>(0, 7'200'000'000)}})};
}

std::optional<Address> any_client() {
    return *rc::gen::element(std::optional<Address>{}, Address::parse("192.0.2.1"), Address::parse("192.0.2.2"),
                             Address::parse("198.51.100.1"), Address::parse("203.0.113.1"), Address::parse("2001:db8::1"),
                             Address::parse("2001:db8:0:1::1"), Address::parse("2001:db8:1::1"));
}

struct Pair {
    Settings settings;
    LimitSet here{settings, std::make_shared<LimitStore>()};
    SharedLimits there;
    RedisClient& clock;
    LimitTime now = next_month() + std::chrono::microseconds{*rc::gen::inRange(0, 1'000'000)};

    Pair(Settings s, const std::shared_ptr<RedisClient>& client)
        : settings{std::move(s)}, there{settings, client, scripts_by_key()}, clock{*client} {
        clock.call({"FLUSHDB"});
    }

    void go_on() {
        now += any_step();
        clock.call({"SET", kClock, std::to_string(now / 1us)});
    }

    template <class Ask>
    void same(Ask ask) {
        RC_ASSERT(ask(static_cast<const Limits&>(here)) == ask(static_cast<const Limits&>(there)));
    }

    void do_something() {
        const std::string login = *rc::gen::element<std::string>("alice", "bob@a.example", "Bob%a.example", "");
        const LimitSubject subject{login, any_client()};
        const bool counted = *rc::gen::arbitrary<bool>();
        const auto cause = *rc::gen::element(GuardCause::refusals, GuardCause::limit_hits);
        switch (*rc::gen::weightedElement<int>({{8, 0}, {2, 1}, {2, 2}, {6, 3}, {5, 4}, {1, 5}, {1, 6}})) {
            case 0: return same([&](const Limits& limits) { return limits.charge(subject, counted, now); });
            case 1: return same([&](const Limits& limits) { return limits.peek(subject, counted, now); });
            case 2: return here.count_refusal(subject, now), there.count_refusal(subject, now);
            case 3: return same([&](const Limits& limits) { return limits.brake(login, subject.client, now); });
            case 4: return same([&](const Limits& limits) { return limits.count_against(login, cause, now); });
            case 5: return same([&](const Limits& limits) { return limits.release(login, now); });
            case 6: return static_cast<void>(here.reset(login)), static_cast<void>(there.reset(login));
        }
    }
};

}  // namespace

TEST_CASE("limits and guard on a server say what those of this process say") {
    const RedisServer server;
    const auto client = client_of(server);
    holds("whatever is configured, and whoever comes when", [&] {
        Pair pair{any_settings(), client};
        for (int left = *rc::gen::inRange(1, 40); left > 0; --left) {
            pair.go_on();
            pair.do_something();
        }
    });
}

TEST_CASE("a server whose clock is set back makes nobody wait longer than a full limit does") {
    const RedisServer server;
    const auto client = client_of(server);
    const SharedLimits set{with_limits({limit("hourly", LimitPer::login, LimitCount::recipients, 2)}), client, scripts_by_key()};
    const std::int64_t now = next_month() / 1us;
    client->call({"SET", kClock, std::to_string(now)});
    CHECK(set.charge(alice(), false, kIgnored).absent());
    client->call({"SET", kClock, std::to_string(now - 86'400'000'000)});
    const auto full = set.charge(alice(), false, kIgnored);
    REQUIRE(full.found());
    CHECK(full.value().limits[0].wait == 1800s);
    client->call({"SET", kClock, std::to_string(now - 86'400'000'000 + 1'800'000'000)});
    CHECK(set.charge(alice(), false, kIgnored).absent());
    CHECK(set.charge(alice(), false, kIgnored).found());
}
