// The tables about accounts: [account], [sender], [domain."NAME"], [reply], and what [pop] has of them.
#include "policy/source/config/config_file.h"
#include "tests/support/catch.h"

using namespace relay;

namespace {

Settings good(std::string_view toml) {
    const auto result = parse_config(toml, "F");
    if (const auto* errors = std::get_if<1>(&result)) FAIL(errors->front().message());
    return std::get<Settings>(result);
}

std::string only_error(std::string_view toml) {
    const auto result = parse_config(toml, "F");
    const auto* errors = std::get_if<1>(&result);
    if (!errors) return "no error";
    return errors->size() == 1 ? errors->front().message() : std::to_string(errors->size()) + " errors";
}

}  // namespace

TEST_CASE("every key about accounts is read") {
    const Settings s = good(R"(
[pop]
max_logins = 3
never = ["192.0.2.0/24"]
until = 2027-06-30
not_for = "/etc/mail/pop-retired"
mode = "monitor"
[account]
disabled = "/etc/mail/relay-disabled"
mode = "monitor"
[sender]
map = "/etc/mail/senders.db"
mode = "strict"
recipient_delimiter = "+"
local_part_case = true
[domain."Example.COM"]
policy = "auth-only"
max_recipients = 50
disabled = true
mode = "monitor"
[domain."example.org"]
[reply]
url = "https://help.example/smtp"
no_login = "See {url}, {client}."
over_limit = "Wait {wait} s: 100% used."
)");
    CHECK(s.pop.max_logins == 3);
    REQUIRE(s.pop.never);
    CHECK(s.pop.never->front().text() == "192.0.2.0/24");
    CHECK(s.pop.until == std::chrono::sys_days{std::chrono::year{2027} / 6 / 30});
    CHECK(s.pop.not_for == "/etc/mail/pop-retired");
    CHECK(s.pop.mode == Mode::monitor);
    CHECK(s.account.disabled == "/etc/mail/relay-disabled");
    CHECK(s.account.mode == Mode::monitor);
    CHECK(s.sender.map == "/etc/mail/senders.db");
    CHECK(s.sender.check == SenderCheck::strict);
    CHECK(s.sender.mode == Mode::enforce);
    CHECK(s.sender.recipient_delimiter == '+');
    CHECK(s.sender.local_part_case);
    REQUIRE(s.domains.size() == 2);
    CHECK(s.domains[0].name == "example.com");
    CHECK(s.domains[0].methods == Methods::auth_only);
    CHECK(s.domains[0].max_recipients == 50);
    CHECK(s.domains[0].disabled);
    CHECK(s.domains[0].mode == Mode::monitor);
    CHECK(s.domains[1].name == "example.org");
    CHECK_FALSE(s.domains[1].methods);
    CHECK(s.reply.url == "https://help.example/smtp");
    CHECK(s.reply.texts.at(Reason::no_login) == "See {url}, {client}.");
}

TEST_CASE("without these tables nothing is switched on") {
    const Settings s = good("[account]\n[sender]\n[reply]\n[domain]\n");
    CHECK(s.account.disabled.empty());
    CHECK(s.sender.check == SenderCheck::off);
    CHECK(s.domains.empty());
    CHECK(s.reply.texts.empty());
    CHECK(s.pop.max_logins == 0);
    CHECK_FALSE(s.pop.never);
    CHECK_FALSE(s.pop.until);
}

TEST_CASE("the sender's mode is a check and whether it is enforced") {
    const auto [toml, check, mode] = GENERATE(table<const char*, SenderCheck, Mode>({
        {"mode = 'off'", SenderCheck::off, Mode::enforce},
        {"mode = 'self'", SenderCheck::self, Mode::enforce},
        {"mode = 'known'\nmap = '/m.db'", SenderCheck::known, Mode::enforce},
        {"mode = 'monitor'\nmap = '/m.db'", SenderCheck::strict, Mode::monitor},
        {"mode = 'monitor'", SenderCheck::self, Mode::monitor},
        {"mode = 'monitor-known'\nmap = '/m.db'", SenderCheck::known, Mode::monitor},
        {"mode = 'monitor-self'", SenderCheck::self, Mode::monitor},
    }));
    const Settings s = good(std::string{"[sender]\n"} + toml);
    CHECK(s.sender.check == check);
    CHECK(s.sender.mode == mode);
}

TEST_CASE("each wrong value is told with its line and key") {
    const auto [toml, expected] = GENERATE(table<const char*, const char*>({
        {"pop.max_logins = 16", "F:1: pop.max_logins: 16 is out of range; use 0 to 15"},
        {"pop.until = '2027-06-30'", "F:1: pop.until: has to be a date, as 2027-06-30, not a string"},
        {"pop.until = 2027-06-30T00:00:00Z", "F:1: pop.until: has to be a date, as 2027-06-30, not a date and time"},
        {"pop.never = ['here']", R"(F:1: pop.never: "here" is no network, as 192.0.2.0/24 or 2001:db8::/32)"},
        {"account.disabled = 'list'", R"(F:1: account.disabled: "list" has to be a path that begins with /)"},
        {"[sender]\nmode = 'strict'", R"(F:2: sender.mode: needs sender.map; only "off" and "self" go without)"},
        {"[sender]\nmode = 'on'", R"(F:2: sender.mode: "on" is unknown; use "off", "known", "strict", "self", "monitor", "monitor-known" or "monitor-self")"},
        {"sender.recipient_delimiter = '++'", R"(F:1: sender.recipient_delimiter: "++" is no delimiter; use one of + - = _ . ~ # or nothing)"},
        {"[domain.'a b']", R"(F:1: domain: "a b" is no domain, as example.com)"},
        {"[domain.'a.example']\npolicy = 'all'", R"(F:2: domain: "a.example".policy: "all" is unknown; use "auth+pop", "auth-only" or "pop-only")"},
        {"[domain.'a.example']\nmax_recipient = 1", R"(F:2: domain: "a.example".max_recipient: "max_recipient" is unknown; did you mean "max_recipients"?)"},
        {"domain = 1", R"(F:1: domain: has to be tables, [domain."example.com"], not an integer)"},
        {"domain.'a.example' = 1", R"(F:1: domain: has to be a table, [domain."example.com"], not an integer)"},
        {"[domain.'A.example']\n[domain.'a.example']", R"(F:2: domain: "a.example" is there twice)"},
        {"[reply]\nno_logins = 'x'", R"(F:2: reply: "no_logins" is unknown; did you mean "no_login"?)"},
        {"[reply]\nfresh_login = 'x'", "F:2: reply: \"fresh_login\" is unknown"},
        {"[reply]\nno_login = 5", "F:2: reply: no_login: has to be a string in quotes, not an integer"},
        {"[reply]\nno_login = ''", R"(F:2: reply.no_login: "" is empty)"},
        {"[reply]\nno_login = 'a {name}'", R"(F:2: reply.no_login: "a {name}" has an unknown placeholder; there are {url}, {client} and {wait})"},
        {"[reply]\nno_login = 'a {url}'", R"(F:2: reply.no_login: "a {url}" has {url}, but reply.url is not set)"},
        {"[reply]\nurl = 'a b'", R"(F:2: reply: url: "a b" is no URL)"},
    }));
    CHECK(only_error(toml) == expected);
}
