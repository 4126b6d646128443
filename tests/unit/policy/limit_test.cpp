#include "policy/limit.h"

#include "tests/support/catch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

LimitSettings limit(LimitPer per, unsigned bits = 0) {
    LimitSettings settings;
    settings.per = per;
    settings.bits = bits;
    settings.max = settings.burst = 10;
    return settings;
}

LimitSubject subject(const std::string& login, const std::string& client) { return {login, Address::parse(client)}; }

/// How many events have room at `now`, one after the other; `value` is moved on by them.
unsigned permitted(const Pace& pace, LimitTime& value, LimitTime now, unsigned tried) {
    unsigned count = 0;
    for (; tried > 0; --tried) {
        if (!pace.has_room(value, now)) continue;
        value = pace.next(value, now);
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("an idle key may have its burst at once, and one more each within/max") {
    const Pace pace{60, 1h, 5};
    LimitTime value{0};
    CHECK(permitted(pace, value, 10h, 9) == 5);
    CHECK(pace.wait(value, 10h) == 1min);
    CHECK(permitted(pace, value, 10h + 1min - 1ns, 9) == 0);
    CHECK(pace.wait(value, 10h + 1min - 1ns) == 1ns);
    CHECK(permitted(pace, value, 10h + 1min, 9) == 1);
    CHECK(permitted(pace, value, 10h + 4min, 9) == 3);
    CHECK(permitted(pace, value, 20h, 9) == 5);
}

TEST_CASE("what still counts is told in events, from none to the burst") {
    const Pace pace{60, 1h, 5};
    LimitTime value{0};
    CHECK(pace.used(value, 1h) == 0);
    CHECK(permitted(pace, value, 1h, 3) == 3);
    CHECK(pace.used(value, 1h) == 3);
    CHECK(pace.used(value, 1h + 1ns) == 3);
    CHECK(pace.used(value, 1h + 1min) == 2);
    CHECK(pace.used(value, 1h + 3min) == 0);
    CHECK(pace.used(900h, 1h) == 5);
}

TEST_CASE("within/max is rounded so that no span holds one event too many") {
    const Pace pace{7, 1s, 7};
    LimitTime value{0};
    unsigned count = 0;
    for (LimitTime now = 100s; now <= 101s; now += 1ms) count += permitted(pace, value, now, 20);
    CHECK(count == 13);  // 7 at once, and the 7th of the others comes 1 to 7 ns late.
    CHECK(permitted(pace, value, 101s + 7ns, 20) == 1);
}

TEST_CASE("what is counted in any case fills the key no further than full") {
    const Pace pace{60, 1h, 5};
    LimitTime value{0};
    for (int i = 0; i < 1000; ++i) value = pace.counted(value, 1h);
    CHECK_FALSE(pace.has_room(value, 1h));
    CHECK(pace.wait(value, 1h) == 1min);
}

TEST_CASE("a value from elsewhere is cut to a full burst") {
    const Pace pace{60, 1h, 5};
    CHECK(pace.sane(900h, 1h) == 1h + 5min);
    CHECK(pace.sane(1h + 3s, 1h) == 1h + 3s);
}

TEST_CASE("the largest limits do not overflow") {
    const Pace slow{1, 24h * 366, 1};
    LimitTime value{0};
    CHECK(permitted(slow, value, 24h * 36600, 3) == 1);
    CHECK(slow.wait(value, 24h * 36600) == 24h * 366);
    const Pace fast{1'000'000, 1s, 1'000'000};
    value = LimitTime{0};
    CHECK(permitted(fast, value, 1h, 1'000'100) == 1'000'000);
}

TEST_CASE("each limit has its key, in lower case, or does not apply") {
    const auto alice = subject("Alice@Example.ORG", "192.0.2.77");
    const auto six = subject("bob", "2001:DB8:1:2:3::4");
    CHECK(limit_key(limit(LimitPer::login), alice) == "alice@example.org");
    CHECK(limit_key(limit(LimitPer::login_domain), alice) == "example.org");
    CHECK(limit_key(limit(LimitPer::client), alice) == "192.0.2.77");
    CHECK(limit_key(limit(LimitPer::client), six) == "2001:db8:1:2:3::4");
    CHECK(limit_key(limit(LimitPer::network4, 24), alice) == "192.0.2.0/24");
    CHECK(limit_key(limit(LimitPer::network6, 64), six) == "2001:db8:1:2::/64");
    CHECK_FALSE(limit_key(limit(LimitPer::network6, 64), alice));
    CHECK_FALSE(limit_key(limit(LimitPer::network4, 24), six));
    CHECK_FALSE(limit_key(limit(LimitPer::login_domain), six));
    CHECK_FALSE(limit_key(limit(LimitPer::login), subject("", "192.0.2.77")));
    CHECK_FALSE(limit_key(limit(LimitPer::client), LimitSubject{"alice", {}}));
}

TEST_CASE("only and except choose by login, domain and network") {
    auto some = limit(LimitPer::client);
    some.only.logins = {"alice"};
    some.only.domains = {"example.org"};
    some.only.networks = {*Network::parse("198.51.100.0/24")};
    some.except.logins = {"root@example.org"};
    CHECK(limit_key(some, subject("ALICE", "192.0.2.1")));
    CHECK(limit_key(some, subject("bob@example.org", "192.0.2.1")));
    CHECK(limit_key(some, subject("bob%example.org", "192.0.2.1")));
    CHECK(limit_key(some, subject("", "198.51.100.9")));
    CHECK_FALSE(limit_key(some, subject("bob", "192.0.2.1")));
    CHECK_FALSE(limit_key(some, subject("", "192.0.2.1")));
    CHECK_FALSE(limit_key(some, subject("root@Example.org", "192.0.2.1")));
}
