// How often a decision asks for memory: a program of its own, since it counts every allocation.
#include "bench/decide_facts.h"
#include "tests/support/catch.h"
#include "tests/unit/allocations/counting.h"

namespace {

using namespace relay;
using namespace relay::bench;
using namespace std::chrono_literals;

/// Allocations of the second decision on the same facts.
std::size_t counted(const Policy& policy, const Envelope& e, const Findings& findings) {
    static_cast<void>(policy.decide(e, findings, kNow));
    return test::allocations_of([&] { return policy.decide(e, findings, kNow); });
}

}  // namespace

TEST_CASE("a decision that has nobody's name to tell allocates nothing") {
    const Policy policy{settings()};
    Findings none;
    none.login = Absent{};
    CHECK(counted(policy, envelope(Destination::ours, RelayClient::unknown), {}) == 0);
    CHECK(counted(policy, envelope(Destination::other, RelayClient::trusted), {}) == 0);
    CHECK(counted(policy, envelope(Destination::temp, RelayClient::unknown), none) == 0);
    CHECK(counted(policy, envelope(Destination::other, RelayClient::unknown), none) == 0);
}

TEST_CASE("a decision on a POP login allocates nothing where its name is not known") {
    const Policy policy{settings()};
    Findings findings;
    findings.login = LoginRecord{Layout::timestamp, kNow - 60s, {}};
    CHECK(counted(policy, envelope(Destination::other, RelayClient::unknown), findings) == 0);
}

TEST_CASE("a decision on a login by name allocates nothing, and for one of more than 63 bytes its copies") {
    const Policy policy{settings()};
    Findings findings;
    for (const auto& [name, by_pop, by_auth] : {std::tuple{std::string{"alice"}, 0U, 0U}, {"a-long-login-name@customer.example", 0U, 0U},
                                                {std::string(ShortText::kInPlace, 'a'), 0U, 0U}, {std::string(ShortText::kInPlace + 1, 'a'), 2U, 1U}}) {
        INFO(name);
        findings.login = LoginRecord{Layout::timestamp, kNow - 60s, {{kNow - 60s, name}}};
        CHECK(counted(policy, envelope(Destination::other, RelayClient::unknown), findings) == by_pop);
        Envelope authenticated = envelope(Destination::other, RelayClient::auth);
        authenticated.auth = Authentication{.identity = name, .author = {}, .mechanism = "PLAIN", .ssf = 0};
        CHECK(counted(policy, authenticated, {}) == by_auth);
    }
}

TEST_CASE("a decision on an address with as many logins as a record has allocates nothing, permitted or refused") {
    LoginRecord record{Layout::timestamp, kNow - 60s, {}};
    for (std::size_t i = 0; i < kMaxLogins; ++i) record.logins.push_back({kNow - 60s, "user" + std::to_string(i) + "@customer.example"});
    Findings findings;
    findings.login = record;
    Settings too_many = settings();
    too_many.pop.max_logins = 5;
    for (const Settings& each : {settings(), too_many})
        CHECK(counted(Policy{each}, envelope(Destination::other, RelayClient::unknown), findings) == 0);
}

TEST_CASE("a decision that takes names from each list allocates nothing") {
    Settings s = settings();
    s.account.disabled = "/etc/mail/disabled";
    s.pop.not_for = "/etc/mail/not-for";
    s.domains.resize(2);
    s.domains[0].name = "auth.customer.example";
    s.domains[0].methods = Methods::auth_only;
    s.domains[1].name = "gone.customer.example";
    s.domains[1].disabled = true;
    LoginRecord record{Layout::timestamp, kNow - 60s, {}};
    for (std::size_t i = 0; i < kMaxLogins - 2; ++i) record.logins.push_back({kNow - 60s, "user" + std::to_string(i)});
    for (const DomainSettings& domain : s.domains) record.logins.push_back({kNow - 60s, "user@" + domain.name});
    Findings findings;
    findings.login = record;
    findings.pop_disabled = ListedLogins{{"user0", "user1"}};
    findings.pop_retired = ListedLogins{{"user2"}};
    CHECK(counted(Policy{s}, envelope(Destination::other, RelayClient::unknown), findings) == 0);
}
