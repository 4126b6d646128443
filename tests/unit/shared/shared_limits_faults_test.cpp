// A server that does not do its part: nobody knows then, and that is said; nothing throws where mail is waiting.
#include "policy/source/service.h"
#include "policy/source/shared/limit_keys.h"
#include "tests/support/catch.h"
#include "tests/unit/shared/shared_world.h"
#include "tests/unit/source/service_settings.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

Settings counting(const RedisServer& server, const Scratch& dir) {
    Settings s = settings(dir);
    s.limits = {limit("hourly", LimitPer::login, LimitCount::recipients, 2),
                limit("refused", LimitPer::client, LimitCount::refusals, 5)};
    s.guard.on = true;
    s.guard.refusals = 3;
    s.limit_store.store = server.url();
    s.redis.deadline = 500ms;
    return s;
}

Envelope authenticated() {
    Envelope envelope = stranger();
    envelope.auth = Authentication{.identity = "alice", .author = "", .mechanism = "PLAIN", .ssf = 0};
    envelope.sendmail->client = RelayClient::auth;
    return envelope;
}

Verdict judged(const Service& service, const Envelope& envelope = authenticated()) {
    Findings findings;
    return service.judge(envelope, findings, kNow);
}

bool permitted_uncounted(const Verdict& verdict) {
    return verdict.action == Action::permit && verdict.would == std::vector{Reason::lookup_failed};
}

/// What a service says of a user and of a stranger while `break_it` holds.
template <class Break>
void check_faults(RedisServer& server, Break break_it) {
    const Scratch dir;
    Settings s = counting(server, dir);
    const auto health = std::make_shared<SourceHealth>();
    const Service permitting{s, nullptr, health};
    s.limit_store.on_failure = Action::defer;
    const Service deferring{s};
    CHECK(judged(permitting).would.empty());
    break_it();
    for (int i = 0; i < 5; ++i) CHECK(permitted_uncounted(judged(permitting)));
    const Verdict deferred = judged(deferring);
    CHECK(deferred.action == Action::defer);
    CHECK(deferred.reason == Reason::lookup_failed);
    CHECK(judged(permitting, stranger()).action == Action::refuse);
    CHECK(judged(deferring, stranger()).action == Action::refuse);
    REQUIRE(health->last_error(Source::counts));
    CHECK(health->last_error(Source::counts)->errors >= 5);
    CHECK(health->last_error(Source::counts)->text.find(server.url()) != std::string::npos);
}

}  // namespace

TEST_CASE("a server that is gone stops nobody, or defers, as the admin wants") {
    RedisServer server;
    check_faults(server, [&] { server.kill(); });
}

TEST_CASE("one that hangs costs a deadline once, and then no time") {
    RedisServer server;
    check_faults(server, [&] { server.hang(); });
    const SharedLimits set{with_limits({limit("x", LimitPer::login, LimitCount::recipients, 1)}), client_of(server, 100ms)};
    CHECK(set.charge(alice(), false, kIgnored).failed());
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 100; ++i) CHECK(set.charge(alice(), false, kIgnored).failed());
    CHECK(std::chrono::steady_clock::now() - begin < 200ms);
    server.go_on();
}

TEST_CASE("one without memory counts nothing") {
    RedisServer server;
    check_faults(server, [&] { asked(server, {"CONFIG", "SET", "maxmemory", "1"}); });
}

TEST_CASE("one that may only be read counts nothing") {
    RedisServer server;
    check_faults(server, [&] { asked(server, {"REPLICAOF", "127.0.0.1", "1"}); });
}

TEST_CASE("what cannot be counted against a sender is lost and noted, and the verdict stays") {
    RedisServer server;
    const Scratch dir;
    const auto health = std::make_shared<SourceHealth>();
    const Service service{counting(server, dir), nullptr, health};
    server.kill();
    Findings findings;
    const Verdict verdict = service.judge(stranger(), findings, kNow);
    CHECK(verdict.action == Action::refuse);
    REQUIRE(findings.notes.size() == 1);
    CHECK(findings.notes[0].find("is lost") != std::string::npos);
    CHECK(health->last_error(Source::counts)->text == findings.notes[0]);
}

TEST_CASE("an admin who asks while the server is gone is told so") {
    RedisServer server;
    const auto set = host_of(server, with_limits({limit("x", LimitPer::login, LimitCount::recipients, 1)}));
    server.kill();
    CHECK_THROWS_AS(set.fullest(10, "", kIgnored), RedisFault);
    CHECK_THROWS_AS(set.fullest(10, "alice", kIgnored), RedisFault);
    CHECK_THROWS_AS(set.reset("alice"), RedisFault);
    CHECK_THROWS_AS(set.brakes(kIgnored), RedisFault);
    CHECK_THROWS_AS(set.release("alice", kIgnored), RedisFault);
}

TEST_CASE("whatever others have written under our keys is no crash, no brake for ever and no full limit") {
    const RedisServer server;
    const auto set = host_of(server, with_limits({limit("x", LimitPer::login, LimitCount::recipients, 5)}));
    for (const char* text : {"", "x", "-1", "99999999999999999999999", "1e300", "-1e300", "0x10", " 7 "}) {
        CAPTURE(text);
        asked(server, {"SET", limit_keys::of_limit("x") + "alice", text});
        static_cast<void>(set.charge(alice(), false, kIgnored));
        for (const auto& fill : set.fullest(10, "", kIgnored)) CHECK(fill.wait <= 720s);
        asked(server, {"HSET", limit_keys::of_guard("alice"), "until", text, "cause", text, "count", text, "network:x", text});
        asked(server, {"ZADD", limit_keys::braked(), "+inf", "alice"});
        static_cast<void>(set.brake("alice", Address::parse("192.0.2.1"), kIgnored));
        try {
            static_cast<void>(set.brakes(kIgnored));
        } catch (const RedisFault& fault) {
            CHECK(fault.kind == RedisFault::Kind::strange);
        }
        set.release("bob", kIgnored);
        asked(server, {"FLUSHDB"});
    }
    asked(server, {"LPUSH", limit_keys::of_limit("x") + "alice", "x"});
    asked(server, {"SET", limit_keys::of_guard("alice"), "x"});
    CHECK(set.charge(alice(), false, kIgnored).absent());  // MGET sees no text there, and SET replaces what it is.
    CHECK(set.brake("alice", {}, kIgnored).failed());
}
