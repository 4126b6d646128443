// What the decision tables in tests/decisions do not show: what is asked and when, and facts that contradict each other.
#include "policy/policy.h"

#include <map>
#include <set>

#include "tests/support/catch.h"
#include "tests/unit/policy/all_of.h"

using namespace relay;
using std::chrono::seconds;
using std::chrono::sys_seconds;

namespace {

constexpr sys_seconds kNow{seconds{1'000'000'000}};
const Lookup<Listed> kDomainFound{Listed{}};
const Lookup<Listed> kDomainAbsent{Absent{}};
const Lookup<Listed> kDomainFailed{Failed{"local-host-names: open: Permission denied"}};
const Lookup<LoginRecord> kLoginFailed{Failed{"relayers.db: open: Permission denied"}};

Lookup<LoginRecord> login_at(sys_seconds at) { return LoginRecord{Layout::timestamp, at, {{at, "alice"}}}; }

/// A stranger who wants to relay; plain wiring.
Envelope stranger() {
    Envelope envelope;
    envelope.client = Address::parse("198.51.100.7");
    envelope.reverse_path = parse_path("<a@away.example>");
    envelope.forward_path = parse_path("<b@far.example>");
    envelope.rcpt_mailer = "esmtp";
    return envelope;
}

Envelope wired(Destination destination, RelayClient client) {
    Envelope envelope = stranger();
    envelope.sendmail = SendmailSays{destination, client};
    return envelope;
}

Envelope authenticated(Envelope envelope, const char* mechanism = "PLAIN") {
    envelope.auth = Authentication{"alice", "", mechanism, 0};
    return envelope;
}

Decision decide(const Envelope& envelope, const Findings& findings, const Settings& settings = {}) {
    return Policy{settings}.decide(envelope, findings, kNow);
}

Verdict verdict(const Envelope& envelope, const Findings& findings, const Settings& settings = {}) {
    const Decision decision = decide(envelope, findings, settings);
    REQUIRE(std::holds_alternative<Verdict>(decision));
    return std::get<Verdict>(decision);
}

bool asks(const Decision& decision, Question question) {
    return std::holds_alternative<Question>(decision) && std::get<Question>(decision) == question;
}

template <class Judge>
void for_all_facts(Judge judge) {
    Settings settings;
    settings.auth.plaintext_needs_tls = true;
    settings.auth.min_ssf = 100;
    std::vector<std::optional<SendmailSays>> sayings = {std::nullopt};
    for (const auto destination : all_of<Destination>())
        for (const auto client : all_of<RelayClient>()) sayings.push_back(SendmailSays{destination, client});
    const std::vector<Lookup<Listed>> domains = {kDomainFound, kDomainAbsent, kDomainFailed};
    const std::vector<Lookup<LoginRecord>> logins = {login_at(kNow), login_at(kNow + seconds{9}), login_at({}), Absent{}, kLoginFailed};
    for (const char* client : {"", "local", "198.51.100.7", "127.0.0.1"})
    for (const char* mechanism : {"", "PLAIN", "ANONYMOUS", "CRAM-MD5"})
    for (const unsigned bits : {0U, 40U, 256U})
    for (const auto& says : sayings)
    for (const Methods methods : all_of<Methods>())
    for (const auto& domain : domains)
    for (const auto& login : logins) {
        Envelope envelope = stranger();
        envelope.client = Address::parse(client);
        envelope.local_submission = client == std::string_view{"local"};
        if (*mechanism) envelope = authenticated(envelope, mechanism);
        if (bits) envelope.tls = Tls{"TLSv1.3", bits, "NO"};
        envelope.sendmail = says;
        envelope.methods = methods;
        judge(verdict(envelope, {domain, login}, settings));
    }
}

}  // namespace

TEST_CASE("without any section for accounts each reason of relaying is reached in its own rows, and no other") {
    std::map<Reason, std::set<int>> rows;
    for_all_facts([&rows](const Verdict& v) { rows[v.reason].insert(v.row); });
    using R = Reason;
    CHECK(rows == std::map<Reason, std::set<int>>{
        {R::destination_ours, {1, 4}}, {R::authenticated, {3}}, {R::tls_verified, {5}}, {R::trusted_by_sendmail, {5}},
        {R::trusted_network, {5}}, {R::local_submission, {5}}, {R::fresh_login, {6}}, {R::standing_permission, {6}},
        {R::destination_temp, {7}}, {R::client_temp, {8}}, {R::lookup_failed, {8}}, {R::mechanism_not_allowed, {9}},
        {R::mechanism_not_trusted, {9}}, {R::plaintext_without_tls, {9}}, {R::ssf_too_low, {9}}, {R::auth_not_used, {10}},
        {R::login_expired, {10}}, {R::no_login, {10}}, {R::not_authenticated, {10}}});
}

TEST_CASE("the row tells the action: 1 to 6 permit, 7 and 8 defer, 9 and 10 refuse") {
    for_all_facts([](const Verdict& v) {
        const Action by_row = v.row <= 6 ? Action::permit : v.row <= 8 ? Action::defer : Action::refuse;
        if (v.action != by_row) FAIL("row " << v.row << " says " << name_of(v.action));
        if ((v.action == Action::permit) != (v.via != Via::none)) FAIL("row " << v.row << " via " << name_of(v.via));
        if ((v.reason == Reason::lookup_failed) == v.why.empty()) FAIL("row " << v.row << " why '" << v.why << "'");
    });
}

TEST_CASE("a stranger in plain wiring costs one look-up after the other, the domain first") {
    CHECK(asks(decide(stranger(), {}), Question::our_domain));
    CHECK(asks(decide(stranger(), {kDomainAbsent, {}}), Question::login));
    CHECK(verdict(stranger(), {kDomainAbsent, Absent{}}).reason == Reason::no_login);
}

TEST_CASE("where sendmail says the destination the domain is never asked for") {
    CHECK(asks(decide(wired(Destination::other, RelayClient::unknown), {}), Question::login));
    CHECK(verdict(wired(Destination::other, RelayClient::unknown), {kDomainFound, Absent{}}).action == Action::refuse);
}

TEST_CASE("a recipient of ours never costs the look-up of a login") {
    CHECK(verdict(wired(Destination::ours, RelayClient::unknown), {}).row == 1);
    CHECK(verdict(stranger(), {kDomainFound, {}}).row == 1);
    Envelope local = stranger();
    local.rcpt_mailer = "Local";
    CHECK(verdict(local, {}).row == 1);
}

TEST_CASE("a good authentication and a trusted client cost no look-up at all") {
    CHECK(verdict(authenticated(stranger()), {}).via == Via::auth);
    Envelope loopback = stranger();
    loopback.client = Address::parse("::1");
    CHECK(verdict(loopback, {}).via == Via::trusted);
    CHECK(verdict(wired(Destination::temp, RelayClient::tls), {}).via == Via::tls);
}

TEST_CASE("without POP in the policy, or without an address, no login is asked for") {
    Envelope envelope = stranger();
    envelope.methods = Methods::auth_only;
    CHECK(verdict(envelope, {kDomainAbsent, {}}).reason == Reason::not_authenticated);
    envelope.methods = Methods::pop_only;
    envelope.client.reset();
    CHECK(verdict(envelope, {kDomainAbsent, {}}).reason == Reason::no_login);
}

TEST_CASE("a path that routes onward is not ours by its domain, and is not asked for") {
    for (const char* path : {"<b%far.example@ours.example>", "<@ours.example:b@far.example>", "<\"b@far.example\"@ours.example>", "<b>"}) {
        Envelope envelope = stranger();
        envelope.forward_path = parse_path(path);
        INFO(path);
        CHECK(asks(decide(envelope, {}), Question::login));
        CHECK(verdict(envelope, {kDomainFound, Absent{}}).action == Action::refuse);
    }
}

TEST_CASE("what was not asked for does not count, even when it failed") {
    CHECK(verdict(wired(Destination::other, RelayClient::unknown), {kDomainFailed, Absent{}}).action == Action::refuse);
    Envelope auth_only = wired(Destination::other, RelayClient::unknown);
    auth_only.methods = Methods::auth_only;
    CHECK(verdict(auth_only, {{}, kLoginFailed}).action == Action::refuse);
}

TEST_CASE("a failed look-up defers even when it cannot say why") {
    CHECK(verdict(wired(Destination::other, RelayClient::unknown), {{}, Lookup<LoginRecord>{Failed{""}}}).reason == Reason::lookup_failed);
}

TEST_CASE("every look-up that failed is told, in the order of asking") {
    CHECK(verdict(stranger(), {kDomainFailed, kLoginFailed}).why ==
          "local-host-names: open: Permission denied; relayers.db: open: Permission denied");
}

TEST_CASE("an empty mailer is no local mailer, whatever the configuration lists") {
    Settings settings;
    settings.local_mailers = {"", "local"};
    Envelope envelope = stranger();
    envelope.rcpt_mailer.clear();
    CHECK(verdict(envelope, {kDomainAbsent, Absent{}}, settings).action == Action::refuse);
}

TEST_CASE("sendmail's word against a local submission counts") {
    Envelope envelope = wired(Destination::other, RelayClient::unknown);
    envelope.client.reset();
    envelope.local_submission = true;
    CHECK(verdict(envelope, {}).action == Action::refuse);
    envelope.sendmail.reset();
    CHECK(verdict(envelope, {}).reason == Reason::local_submission);
}

TEST_CASE("a local submission from an address is judged by its address") {
    Envelope envelope = stranger();
    envelope.local_submission = true;
    CHECK(verdict(envelope, {kDomainAbsent, Absent{}}).action == Action::refuse);
}

TEST_CASE("sendmail's trust in an authentication without an identity defers, and only where AUTH could permit") {
    const Envelope envelope = wired(Destination::other, RelayClient::auth);
    CHECK(verdict(envelope, {{}, Absent{}}).reason == Reason::lookup_failed);
    CHECK(verdict(envelope, {{}, login_at(kNow)}).via == Via::pop);
    Settings settings;
    settings.methods = Methods::pop_only;
    CHECK(verdict(envelope, {{}, Absent{}}, settings).reason == Reason::no_login);
}

TEST_CASE("values outside our enums never permit") {
    const Envelope odd = wired(static_cast<Destination>(9), static_cast<RelayClient>(9));
    CHECK(verdict(odd, {kDomainFound, Absent{}}).action == Action::refuse);
    CHECK(verdict(authenticated(odd), {kDomainFound, Absent{}}).action == Action::refuse);
    Envelope methods = authenticated(wired(Destination::other, RelayClient::auth));
    methods.methods = static_cast<Methods>(9);
    CHECK(verdict(methods, {kDomainFound, login_at(kNow)}).action == Action::refuse);
}

TEST_CASE("the policy that sendmail passes comes before the configured one") {
    Settings settings;
    settings.methods = Methods::auth_only;
    Envelope envelope = wired(Destination::other, RelayClient::unknown);
    CHECK(verdict(envelope, {{}, login_at(kNow)}, settings).action == Action::refuse);
    envelope.methods = Methods::pop_only;
    CHECK(verdict(envelope, {{}, login_at(kNow)}, settings).action == Action::permit);
    CHECK(verdict(envelope, {{}, login_at(kNow)}, settings).methods == Methods::pop_only);
}

TEST_CASE("the user of a verdict is the login that was judged") {
    const Envelope weak = authenticated(wired(Destination::other, RelayClient::unknown));
    CHECK(verdict(weak, {{}, Absent{}}).user == "alice");
    CHECK(verdict(weak, {{}, LoginRecord{Layout::timestamp, kNow, {{kNow, "bob"}}}}).user == "bob");
    CHECK(verdict(weak, {{}, LoginRecord{Layout::timestamp, kNow, {}}}).user == "alice");
    CHECK(verdict(wired(Destination::other, RelayClient::unknown), {{}, login_at({})}).user == "alice");
}

TEST_CASE("the age of a login is told for timestamps, negative for a standing permission") {
    const Envelope envelope = wired(Destination::other, RelayClient::unknown);
    CHECK(verdict(envelope, {{}, login_at(kNow - seconds{213})}).age == seconds{213});
    CHECK(verdict(envelope, {{}, login_at(kNow + seconds{60})}).age == seconds{-60});
    CHECK(verdict(envelope, {{}, login_at(kNow - seconds{86401})}).age == seconds{86401});
    CHECK_FALSE(verdict(envelope, {{}, LoginRecord{Layout::expiry, kNow + seconds{9}, {}}}).age);
    CHECK_FALSE(verdict(envelope, {{}, Absent{}}).age);
}

TEST_CASE("monitor mode permits what sendmail would have, and keeps row and reason of the refusal") {
    Settings settings;
    settings.mode = Mode::monitor;
    settings.methods = Methods::pop_only;
    const Verdict v = verdict(authenticated(wired(Destination::other, RelayClient::auth)), {{}, Absent{}}, settings);
    CHECK(v.action == Action::permit);
    CHECK(v.via == Via::monitor);
    CHECK(v.row == 10);
    CHECK(v.reason == Reason::auth_not_used);
    CHECK(v.mode == Mode::monitor);
}

TEST_CASE("monitor mode in plain wiring refuses, since nobody knows what sendmail would do") {
    Settings settings;
    settings.mode = Mode::monitor;
    settings.methods = Methods::pop_only;
    CHECK(verdict(authenticated(stranger()), {kDomainAbsent, Absent{}}, settings).action == Action::refuse);
}

TEST_CASE("monitor mode defers what enforce mode defers") {
    Settings settings;
    settings.mode = Mode::monitor;
    settings.methods = Methods::pop_only;
    CHECK(verdict(authenticated(wired(Destination::other, RelayClient::auth)), {{}, kLoginFailed}, settings).action == Action::defer);
}
