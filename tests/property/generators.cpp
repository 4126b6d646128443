#include "tests/property/generators.h"

namespace property {

using namespace relay;
using rc::gen::arbitrary;
using rc::gen::element;
using rc::gen::exec;
using rc::gen::inRange;
using rc::gen::map;
using rc::gen::oneOf;

namespace {

bool coin() { return *arbitrary<bool>(); }

std::optional<Address> any_client() {
    const auto text = *element<std::string>("", "198.51.100.7", "198.51.100.8", "127.0.0.1", "::1", "2001:db8::7", "2001:db9::7");
    return Address::parse(text);
}

std::string any_login() { return *element<std::string>("alice", "bob", "dave@customers.example", "dave%customers.example"); }

Authentication any_authentication() {
    return {any_login(), *element<std::string>("", "bob"),
            *element<std::string>("PLAIN", "login", "CRAM-MD5", "ANONYMOUS", ""), *inRange(0U, 300U)};
}

std::vector<Network> any_networks() {
    std::vector<Network> networks;
    for (const char* text : {"127.0.0.0/8", "::1/128", "198.51.100.0/29", "2001:db8::/32"})
        if (coin()) networks.push_back(*Network::parse(text));
    return networks;
}

SendmailSays any_saying() {
    return {*element(Destination::ours, Destination::other, Destination::temp),
            *element(RelayClient::auth, RelayClient::tls, RelayClient::trusted, RelayClient::temp, RelayClient::unknown)};
}

Path any_path() {
    return parse_path(*element<std::string>("<>", "<a@ours.example>", "<a@far.example>", "<a%far.example@ours.example>", "<a>",
                                            "<@ours.example:a@far.example>", "<far!a@ours.example>", "<a@[192.0.2.1]>"));
}

std::chrono::sys_seconds near_now() {
    const int distance = *oneOf(inRange(-5, 6), inRange(-700, 700), inRange(-1'000'000, 1'000'000));
    return kNow + std::chrono::seconds{distance};
}

Mode any_mode() { return *element(Mode::enforce, Mode::monitor); }

DomainSettings any_domain_section() {
    DomainSettings domain;
    domain.name = "customers.example";
    if (coin()) domain.methods = *element(Methods::auth_and_pop, Methods::auth_only, Methods::pop_only);
    domain.max_recipients = *inRange(0U, 3U);
    domain.disabled = *inRange(0, 4) == 0;
    domain.mode = any_mode();
    return domain;
}

Failed any_failure() { return Failed{*element<std::string>("", "open: Permission denied")}; }

}  // namespace

rc::Gen<std::string> bytes(int size) {
    return exec([size] {
        std::string text;
        for (int left = *inRange(0, size + 1); left > 0; --left) text += static_cast<char>(*inRange(0, 256));
        return text;
    });
}

rc::Gen<std::string> text_of(std::string_view alphabet, int size) {
    return exec([alphabet, size] {
        std::string text;
        for (int left = *inRange(0, size + 1); left > 0; --left) text += alphabet[*inRange<std::size_t>(0, alphabet.size())];
        return text;
    });
}

rc::Gen<Address> address() {
    return exec([] {
        const int zeros_of_ten = *inRange(0, 10);
        std::array<std::uint8_t, 16> v6{};
        for (std::uint8_t& byte : v6) byte = static_cast<std::uint8_t>(*inRange(0, 10) < zeros_of_ten ? 0 : *inRange(0, 256));
        if (coin()) return Address::v6(v6);
        return Address::v4({v6[0], v6[1], v6[2], v6[3]});
    });
}

rc::Gen<Settings> settings() {
    // What an admin may switch on beyond the methods; each section in a mode of its own.
    const auto switch_sections_on = [](Settings& s) {
        s.account = {coin() ? "/list" : "", any_mode()};
        s.sender.check = *element(SenderCheck::off, SenderCheck::known, SenderCheck::strict, SenderCheck::self);
        s.sender.mode = any_mode();
        s.guard.on = coin();
        s.guard.mode = any_mode();
        if (coin()) s.limits.resize(1);
        s.limit_store.on_failure = *element(Action::permit, Action::defer);
        if (coin()) s.pop.max_logins = *inRange(1U, 3U);
        if (coin()) s.pop.never = any_networks();
        if (coin()) s.pop.until = std::chrono::floor<std::chrono::days>(kNow) + std::chrono::days{*inRange(-2, 40)};
        if (coin()) s.pop.not_for = "/list";
        s.pop.mode = any_mode();
        if (coin()) s.domains.push_back(any_domain_section());
    };
    return exec([switch_sections_on] {
        Settings s;
        s.mode = *element(Mode::enforce, Mode::monitor);
        s.methods = *element(Methods::auth_and_pop, Methods::auth_only, Methods::pop_only);
        s.trusted_networks = any_networks();
        s.pop.window = std::chrono::seconds{*inRange(1, 700)};
        using Mechanisms = std::vector<std::string>;
        s.auth.mechanisms = *element(Mechanisms{}, Mechanisms{"PLAIN", "CRAM-MD5"}, Mechanisms{"ANONYMOUS"});
        s.auth.plaintext_needs_tls = coin();
        s.auth.plaintext_exempt = any_networks();
        s.auth.min_ssf = *element(0U, 56U, 128U, 256U);
        if (coin()) switch_sections_on(s);
        return s;
    });
}

rc::Gen<Envelope> envelope() {
    return exec([] {
        Envelope e;
        e.client = any_client();
        e.local_submission = coin();
        if (coin()) e.auth = any_authentication();
        if (coin()) e.tls = Tls{"TLSv1.3", *inRange(0U, 300U), *element<std::string>("OK", "NO")};
        e.reverse_path = any_path();
        e.forward_path = any_path();
        e.recipients_before = *inRange(0U, 3U);
        e.rcpt_mailer = *element<std::string>("local", "esmtp", "esmtp", "");
        if (coin()) e.sendmail = any_saying();
        if (coin()) e.methods = *element(Methods::auth_and_pop, Methods::auth_only, Methods::pop_only);
        return e;
    });
}

rc::Gen<LoginRecord> login_record() {
    return exec([] {
        LoginRecord record;
        record.layout = *element(Layout::timestamp, Layout::timestamp, Layout::expiry, Layout::presence);
        if (record.layout != Layout::presence) record.at = near_now();
        if (record.layout == Layout::timestamp && coin()) record.logins = {{record.at, any_login()}};
        if (!record.logins.empty() && coin())
            record.logins.push_back({record.at - std::chrono::seconds{*inRange(0, 700)}, *element<std::string>("carol", "")});
        return record;
    });
}

rc::Gen<Lookup<Listed>> domain_answer() {
    return exec([]() -> Lookup<Listed> {
        const int which = *inRange(0, 3);
        if (which == 0) return Listed{};
        if (which == 1) return Absent{};
        return any_failure();
    });
}

rc::Gen<Lookup<LoginRecord>> login_answer() {
    return exec([]() -> Lookup<LoginRecord> {
        const int which = *inRange(0, 4);
        if (which == 0) return Absent{};
        if (which == 1) return any_failure();
        return *login_record();
    });
}

namespace {

Lookup<ListedLogins> any_listed_logins() {
    const int which = *inRange(0, 4);
    if (which == 0) return any_failure();
    if (which == 1) return ListedLogins{{any_login()}};
    return Absent{};
}

Lookup<Owners> any_owners() {
    const int which = *inRange(0, 5);
    if (which == 0) return any_failure();
    if (which == 1) return Absent{};
    return Owners{{any_login()}, which == 2};
}

Lookup<Braked> any_brake() {
    const int which = *inRange(0, 4);
    if (which == 0) return any_failure();
    if (which == 1) return Braked{*element(Action::permit, Action::defer, Action::refuse), std::chrono::seconds{9}, "x"};
    return Absent{};
}

Lookup<OverLimits> any_limits() {
    const int which = *inRange(0, 4);
    if (which == 0) return any_failure();
    if (which == 1)
        return OverLimits{{{"x", *element(Action::permit, Action::defer, Action::refuse), std::chrono::seconds{9}, coin(), any_mode()}}};
    return Absent{};
}

}  // namespace

rc::Gen<Findings> findings() {
    return exec([] {
        Findings f;
        f.our_domain = *domain_answer();
        f.login = *login_answer();
        f.disabled = *domain_answer();
        f.pop_disabled = any_listed_logins();
        f.pop_retired = any_listed_logins();
        f.sender = any_owners();
        f.sender_domain = *domain_answer();
        f.brake = any_brake();
        f.limits = any_limits();
        return f;
    });
}

}  // namespace property
