// The questions of [account], [sender], [pop] not_for, [[limit]] and [guard], each answered by its real source.
#include "policy/source/limits/limit_clock.h"
#include "policy/source/service.h"
#include "tests/support/catch.h"
#include "tests/unit/source/service_settings.h"

using namespace relay;

namespace {

Envelope relaying() {
    Envelope envelope;
    envelope.client = Address::parse("198.51.100.7");
    envelope.reverse_path = parse_path("<a@b.example>");
    envelope.forward_path = parse_path("<c@d.example>");
    envelope.host_name = "mx.example";
    envelope.sendmail = SendmailSays{};
    return envelope;
}

Envelope authenticated(const std::string& login) {
    Envelope envelope = relaying();
    envelope.auth = Authentication{login, {}, "PLAIN", 0};
    envelope.sendmail->client = RelayClient::auth;
    return envelope;
}

Verdict judge(const Service& service, const Envelope& envelope) {
    Findings findings;
    return service.judge(envelope, findings, kNow);
}

Settings with_limit(const Scratch& dir, LimitCount count, unsigned max) {
    Settings s = settings(dir);
    s.limits.resize(1);
    s.limits[0].name.assign("x");
    s.limits[0].count = count;
    s.limits[0].max = s.limits[0].burst = max;
    return s;
}

}  // namespace

TEST_CASE("a disabled account is refused by AUTH and by POP from the next recipient on, by one Service") {
    const Scratch dir;
    Settings s = settings(dir);
    s.account.disabled = dir / "disabled";
    write_file(s.account.disabled, "");
    put_raw(s.pop.database, "198.51.100.7", "1699999000 alice");
    const Service service{s};
    for (const char* text : {"", "alice\n", "", "@mx.example\n", "ALICE\n"}) {
        write_file(s.account.disabled, text);
        const bool disabled = std::string_view{text}.size() > 0 && text[0] != '@';
        INFO(text);
        CHECK((judge(service, authenticated("alice")).reason == Reason::login_disabled) == disabled);
        CHECK((judge(service, authenticated("alice@mx.example")).reason == Reason::login_disabled) == disabled);
        CHECK((judge(service, relaying()).reason == Reason::login_disabled) == disabled);
        CHECK(judge(service, authenticated("bob")).reason == Reason::authenticated);
    }
}

TEST_CASE("a login that has moved to AUTH opens no door by POP, and another at its address does") {
    const Scratch dir;
    Settings s = settings(dir);
    s.pop.not_for = dir / "retired";
    write_file(s.pop.not_for, "alice\n");
    put_raw(s.pop.database, "198.51.100.7", "1699999000 alice");
    CHECK(judge(Service{s}, relaying()).reason == Reason::login_retired);
    put_raw(s.pop.database, "198.51.100.7", "1699999000 alice 1699998000 bob");
    const Verdict verdict = judge(Service{s}, relaying());
    CHECK(verdict.reason == Reason::fresh_login);
    CHECK(verdict.user == "bob");
}

TEST_CASE("the sender map is asked for AUTH and for a POP login, and our domains for mode self") {
    const Scratch dir;
    Settings s = settings(dir);
    s.sender.check = SenderCheck::known;
    s.sender.map = dir / "senders.db";
    makemap("hash", dir / "senders", "a@b.example bob\n");
    put_raw(s.pop.database, "198.51.100.7", "1699999000 alice");
    CHECK(judge(Service{s}, authenticated("alice")).reason == Reason::sender_not_owned);
    CHECK(judge(Service{s}, authenticated("bob")).reason == Reason::authenticated);
    CHECK(judge(Service{s}, relaying()).reason == Reason::sender_not_owned);
    s.sender.check = SenderCheck::self;
    write_file(s.destinations.local_host_names, "b.example\n");
    CHECK(judge(Service{s}, authenticated("a")).reason == Reason::authenticated);
    CHECK(judge(Service{s}, authenticated("b")).reason == Reason::sender_not_owned);
    write_file(s.destinations.local_host_names, "");
    CHECK(judge(Service{s}, authenticated("a")).reason == Reason::sender_not_owned);
}

TEST_CASE("each list and map that cannot be read defers whom it could stop, and nobody else") {
    const Scratch dir;
    const auto [name, set] = GENERATE(table<const char*, void (*)(Settings&, const std::string&)>({
        {"account.disabled", [](Settings& s, const std::string& path) { s.account.disabled = path; }},
        {"pop.not_for", [](Settings& s, const std::string& path) { s.pop.not_for = path; }},
        {"sender.map", [](Settings& s, const std::string& path) { s.sender.check = SenderCheck::known; s.sender.map = path; }},
    }));
    INFO(name);
    Settings s = settings(dir);
    put_raw(s.pop.database, "198.51.100.7", "1699999000 alice");
    set(s, dir.path());  // A directory.
    const Service service{s};
    const Verdict by_pop = judge(service, relaying()), by_auth = judge(service, authenticated("alice"));
    CHECK(by_pop.reason == Reason::lookup_failed);
    CHECK_THAT(by_pop.why, Catch::Contains(dir.path()));
    CHECK(by_auth.action == (std::string_view{name} == "pop.not_for" ? Action::permit : Action::defer));
    Envelope to_us = relaying();
    to_us.sendmail->destination = Destination::ours;
    CHECK(judge(service, to_us).action == Action::permit);
    Envelope stranger = relaying();
    stranger.client = Address::parse("203.0.113.1");
    CHECK(judge(service, stranger).action == Action::refuse);
}

TEST_CASE("a limit is charged by what is permitted, and by nothing else") {
    const Scratch dir;
    Settings s = with_limit(dir, LimitCount::recipients, 3);
    s.account.disabled = dir / "disabled";
    s.sender.check = SenderCheck::known;
    s.sender.map = dir / "senders.db";
    makemap("hash", dir / "senders", "a@b.example alice\nother@b.example bob\n");
    const auto store = std::make_shared<LimitStore>();
    const Service service{s, store};
    const auto used = [&] { return s.limits[0].pace().used(store->table("x")->value("alice"), limit_now()); };
    Envelope other = authenticated("alice");
    other.reverse_path = parse_path("<other@b.example>");
    CHECK(judge(service, other).action == Action::refuse);
    write_file(s.account.disabled, "alice\n");
    CHECK(judge(service, authenticated("alice")).action == Action::refuse);
    write_file(s.account.disabled, "");
    std::filesystem::remove(dir / "senders.db");
    CHECK(judge(service, authenticated("alice")).action == Action::defer);
    makemap("hash", dir / "senders", "");
    CHECK(used() == 0);
    for (unsigned i = 1; i <= 3; ++i) {
        CHECK(judge(service, authenticated("alice@mx.example")).action == Action::permit);
        CHECK(used() == i);
    }
    const LimitTime full = store->table("x")->value("alice");
    for (int i = 0; i < 20; ++i) CHECK(judge(service, authenticated("ALICE")).reason == Reason::over_recipient_limit);
    CHECK(store->table("x")->value("alice") == full);
}

TEST_CASE("refusals count for the client, and for a login only where it was proved") {
    const Scratch dir;
    Settings s = with_limit(dir, LimitCount::refusals, 2);
    s.sender.check = SenderCheck::self;
    const auto store = std::make_shared<LimitStore>();
    const Service service{s, store};
    for (int i = 0; i < 5; ++i) CHECK(judge(service, relaying()).action == Action::refuse);
    CHECK(store->table("x")->entries(limit_now()).empty());
    for (int i = 0; i < 2; ++i) CHECK(judge(service, authenticated("alice")).reason == Reason::sender_not_owned);
    Envelope own = authenticated("alice");
    own.reverse_path = parse_path("<alice>");
    CHECK(judge(service, own).reason == Reason::over_limit);
}

TEST_CASE("a login is seen by AUTH alone, and the brake holds for its POP logins as well") {
    const Scratch dir;
    Settings s = settings(dir);
    s.guard.on = true;
    s.guard.networks = 2;
    put_raw(s.pop.database, "198.51.100.7", "1699999000 alice");
    const Service service{s, std::make_shared<LimitStore>()};
    for (const char* from : {"198.51.100.7", "198.51.100.99"}) {
        Envelope envelope = authenticated("alice");
        envelope.client = Address::parse(from);
        CHECK(judge(service, envelope).action == Action::permit);
    }
    Envelope elsewhere = authenticated("alice@mx.example");
    elsewhere.client = Address::parse("203.0.113.1");
    for (int i = 0; i < 3; ++i) CHECK(judge(service, relaying()).reason == Reason::fresh_login);
    CHECK(judge(service, elsewhere).action == Action::permit);
    elsewhere.client = Address::parse("2001:db8::1");
    CHECK(judge(service, elsewhere).reason == Reason::login_braked);
    CHECK(judge(service, relaying()).reason == Reason::login_braked);
}

TEST_CASE("the verdict that brings a brake on is the last one before it, and finds it") {
    const Scratch dir;
    Settings s = settings(dir);
    s.sender.check = SenderCheck::self;
    s.guard.on = true;
    s.guard.refusals = 2;
    const Service service{s, std::make_shared<LimitStore>()};
    for (int i = 0; i < 3; ++i) {
        Findings findings;
        CHECK(service.judge(authenticated("alice"), findings, kNow).reason == Reason::sender_not_owned);
        CHECK((findings.brake && findings.brake->found()) == (i == 2));
    }
}

TEST_CASE("hostile logins go through every source as they are") {
    const Scratch dir;
    Settings s = with_limit(dir, LimitCount::recipients, 1);
    s.account.disabled = dir / "disabled";
    write_file(s.account.disabled, "alice\n@ours.example\n");
    s.guard.on = true;
    s.domains.push_back({"ours.example", {}, 0, false, Mode::enforce});
    s.sender.check = SenderCheck::self;
    const auto store = std::make_shared<LimitStore>();
    const Service service{s, store};
    const std::vector<std::string> hostile{std::string(100'000, 'x'), std::string{"alice\0", 6}, "alice\n", "%s%n", "%", "@", "@@", "%@%@",
                                           "\xff\xfe", "\xc3\xa4lice", " alice", "alice ", "alice#", "\x1b[2J", "a\"b\\c"};
    for (const std::string& login : hostile) {
        Envelope envelope = authenticated(login);
        envelope.reverse_path = parse_path("<>");
        INFO(login.substr(0, 40));
        CHECK(judge(service, envelope).action == Action::permit);
        CHECK(judge(service, envelope).reason == Reason::over_recipient_limit);
        CHECK(judge(service, envelope).user == login);
    }
    CHECK(judge(service, authenticated("alice")).reason == Reason::login_disabled);
    std::string path = dir / "limits";
    save_limits(*store, path);
    LimitStore again;
    CHECK(load_limits(again, path, s.limits).empty());
    CHECK(again.table("x")->entries(limit_now()).size() == hostile.size());
}
