#include "policy/source/config/config_file.h"

#include <sys/stat.h>

#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;
using namespace std::string_literals;
using std::chrono::seconds;

namespace {

Settings good(std::string_view toml) {
    const auto result = parse_config(toml, "F");
    if (const auto* errors = std::get_if<1>(&result)) FAIL(errors->front().message());
    return std::get<Settings>(result);
}

std::vector<std::string> errors_of(const ConfigResult& result) {
    std::vector<std::string> messages;
    if (const auto* errors = std::get_if<1>(&result))
        for (const ConfigError& error : *errors) messages.push_back(error.message());
    return messages;
}

std::vector<std::string> errors(std::string_view toml) { return errors_of(parse_config(toml, "F")); }

std::string only_error(std::string_view toml) {
    const auto all = errors(toml);
    return all.size() == 1 ? all.front() : std::to_string(all.size()) + " errors";
}

std::vector<Network> networks(std::initializer_list<const char*> texts) {
    std::vector<Network> parsed;
    for (const char* text : texts) parsed.push_back(Network::parse(text).value());
    return parsed;
}

}  // namespace

TEST_CASE("an empty file is the defaults") {
    for (const char* toml : {"", "# nothing\n", "[pop]\n[auth]\n[destinations]\n"}) {
        const Settings s = good(toml);
        CHECK(s.socket == "local:/run/milter-relay/milter-relay.sock");
        CHECK(s.user == "milter-relay");
        CHECK(s.mode == Mode::enforce);
        CHECK(s.methods == Methods::auth_and_pop);
        CHECK(s.local_mailers == std::vector<std::string>{"local", "procmail", "cyrusv2", "lmtp"});
        CHECK(s.trusted_networks == networks({"127.0.0.1", "::1"}));
        CHECK(s.pop.database == "/etc/mail/relayers.db");
        CHECK(s.pop.window == seconds{86400});
        CHECK(s.pop.prefix6 == 128);
        CHECK(s.auth.mechanisms.empty());
        CHECK_FALSE(s.auth.plaintext_needs_tls);
        CHECK(s.auth.min_ssf == 0);
    }
}

TEST_CASE("every key is read") {
    const Settings s = good(R"(
socket   = "inet:8899@127.0.0.1"
user     = "relay"
mode     = "monitor"
policy   = "pop-only"
local_mailers = ["local"]
trusted_networks = ["192.0.2.0/24", "2001:db8::/32", "198.51.100.7"]
[destinations]
local_host_names = "/a"
relay_domains = "/b"
domains = ["Example.COM", "example.org."]
[pop]
database = "/c"
layout   = "expiry"
window   = "90s"
prefix6  = 64
[auth]
mechanisms          = ["plain", "CRAM-MD5"]
plaintext_needs_tls = true
plaintext_exempt    = []
min_ssf             = 128
)");
    CHECK(s.socket == "inet:8899@127.0.0.1");
    CHECK(s.user == "relay");
    CHECK(s.mode == Mode::monitor);
    CHECK(s.methods == Methods::pop_only);
    CHECK(s.local_mailers == std::vector<std::string>{"local"});
    CHECK(s.trusted_networks == networks({"192.0.2.0/24", "2001:db8::/32", "198.51.100.7"}));
    CHECK(s.destinations.local_host_names == "/a");
    CHECK(s.destinations.relay_domains == "/b");
    CHECK(s.destinations.domains == std::vector<std::string>{"example.com", "example.org"});
    CHECK(s.pop.database == "/c");
    CHECK(s.pop.layout == Layout::expiry);
    CHECK(s.pop.window == seconds{90});
    CHECK(s.pop.prefix6 == 64);
    CHECK(s.auth.mechanisms == std::vector<std::string>{"PLAIN", "CRAM-MD5"});
    CHECK(s.auth.plaintext_needs_tls);
    CHECK(s.auth.plaintext_exempt.empty());
    CHECK(s.auth.min_ssf == 128);
}

TEST_CASE("good values, to their edges") {
    const auto toml = GENERATE(as<const char*>{}, "mode = 'enforce'", "policy = 'auth+pop'", "policy = 'auth-only'", "pop.window = '1s'",
                               "pop.window = '366d'", "pop.window = '8784h'", "pop.window = '31622400s'", "pop.prefix6 = 32",
                               "pop.prefix6 = 128", "pop.layout = 'presence'", "pop.layout = 'timestamp'", "auth.min_ssf = 0",
                               "auth.min_ssf = 256", "trusted_networks = []", "trusted_networks = ['0.0.0.0/1']",
                               "socket = 'unix:/s'", "socket = 'inet6:1@::1'", "pop = { window = '1d' }");
    CAPTURE(toml);
    CHECK(errors(toml).empty());
}

TEST_CASE("each wrong value is an error with file, line and key, that says what would be right") {
    const auto [toml, expected] = GENERATE(table<const char*, const char*>({
        {"socket = 5", "F:1: socket: has to be a string in quotes, not an integer"},
        {"socket = '/run/s'", R"(F:1: socket: "/run/s" is no socket: has to be local:/PATH, unix:/PATH, inet:PORT@HOST, inet6:PORT@HOST or fd:N)"},
        {"user = ''", R"(F:1: user: "" is no name of a user)"},
        {"user = 'a b'", R"(F:1: user: "a b" is no name of a user)"},
        {"\nmode = 'off'", R"(F:2: mode: "off" is unknown; use "enforce" or "monitor")"},
        {"mode = ['enforce']", "F:1: mode: has to be a string in quotes, not a list"},
        {"mode = 'mointor'", R"(F:1: mode: "mointor" is unknown; use "enforce" or "monitor"; did you mean "monitor"?)"},
        {"policy = 'pop_only'", R"(F:1: policy: "pop_only" is unknown; use "auth+pop", "auth-only" or "pop-only"; did you mean "pop-only"?)"},
        {"metrics.listen = '9815'", R"(F:1: metrics.listen: "9815" has to be an address and a port, as "127.0.0.1:9815" or "[::1]:9815")"},
        {"metrics.listen = '[::1]:0'", R"(F:1: metrics.listen: "[::1]:0" has to end with a port from 1 to 65535, as 9815)"},
        {"policy = 'auth'", R"(F:1: policy: "auth" is unknown; use "auth+pop", "auth-only" or "pop-only")"},
        {"local_mailers = 'local'", "F:1: local_mailers: has to be a list in [ ], not a string"},
        {"local_mailers = ['']", R"(F:1: local_mailers: "" is no name of a mailer, as local)"},
        {"trusted_networks = ['192.0.2.1/24']", R"(F:1: trusted_networks: "192.0.2.1/24" is no network: the bits after / have to be a number that fits, and the address zero behind them)"},
        {"trusted_networks = [\n'::1',\n'mail.example']", R"(F:3: trusted_networks: "mail.example" is no network, as 192.0.2.0/24 or 2001:db8::/32)"},
        {"trusted_networks = ['::1', '::1/128']", R"(F:1: trusted_networks: "::1/128" is there twice)"},
        {"trusted_networks = ['::/0']", R"(F:1: trusted_networks: "::/0" would let everybody relay)"},
        {"trusted_networks = [1]", "F:1: trusted_networks: has to be a string in quotes, not an integer"},
        {"destinations.local_host_names = 'x'", R"(F:1: destinations.local_host_names: "x" has to be a path that begins with /)"},
        {"destinations.relay_domains = true", "F:1: destinations.relay_domains: has to be a string in quotes, not true or false"},
        {"destinations.domains = ['a@b']", R"(F:1: destinations.domains: "a@b" is no domain, as example.com)"},
        {"destinations.domains = ['a.b', 'A.B.']", R"(F:1: destinations.domains: "A.B." is there twice)"},
        {"pop.database = ''", R"(F:1: pop.database: "" has to be a path that begins with /, or a URL as redis://db.example)"},
        {"pop.layout = 'drac'", R"(F:1: pop.layout: "drac" is unknown; use "timestamp", "expiry" or "presence")"},
        {"pop.window = 1440", "F:1: pop.window: has to be a string in quotes, not an integer"},
        {"pop.window = '1440'", R"(F:1: pop.window: "1440" is no length of time: a number and s, m, h or d, as "1440m")"},
        {"pop.window = '-1m'", R"(F:1: pop.window: "-1m" is no length of time: a number and s, m, h or d, as "1440m")"},
        {"pop.window = ''", R"(F:1: pop.window: "" is no length of time: a number and s, m, h or d, as "1440m")"},
        {"pop.window = '0s'", R"(F:1: pop.window: "0s" is out of range; use "1s" to "366d")"},
        {"pop.window = '367d'", R"(F:1: pop.window: "367d" is out of range; use "1s" to "366d")"},
        {"pop.window = '99999999999999999999d'", R"(F:1: pop.window: "99999999999999999999d" is out of range; use "1s" to "366d")"},
        {"pop.prefix6 = 31", "F:1: pop.prefix6: 31 is out of range; use 32 to 128"},
        {"pop.prefix6 = 129", "F:1: pop.prefix6: 129 is out of range; use 32 to 128"},
        {"pop.prefix6 = '64'", "F:1: pop.prefix6: has to be an integer, not a string"},
        {"auth.mechanisms = ['a b']", R"(F:1: auth.mechanisms: "a b" is no name of a SASL mechanism, as PLAIN)"},
        {"auth.mechanisms = ['Anonymous']", R"(F:1: auth.mechanisms: "Anonymous" would let everybody relay)"},
        {"auth.plaintext_needs_tls = 'yes'", "F:1: auth.plaintext_needs_tls: has to be true or false, not a string"},
        {"auth.plaintext_exempt = ['x']", R"(F:1: auth.plaintext_exempt: "x" is no network, as 192.0.2.0/24 or 2001:db8::/32)"},
        {"auth.min_ssf = -1", "F:1: auth.min_ssf: -1 is out of range; use 0 to 256"},
        {"auth.min_ssf = 257", "F:1: auth.min_ssf: 257 is out of range; use 0 to 256"},
        {"auth.min_ssf = 1979-05-27", "F:1: auth.min_ssf: has to be an integer, not a date"},
        {"pop = 3", "F:1: pop: has to be a table, [pop], not an integer"},
        {"[[pop]]", "F:1: pop: has to be a table, [pop], not a list"},
    }));
    CHECK(only_error(toml) == expected);
}

TEST_CASE("an unknown key is an error that names the nearest known one") {
    const auto [toml, expected] = GENERATE(table<const char*, const char*>({
        {"sokcet = 'x'", "F:1: sokcet: is unknown; did you mean \"socket\"?"},
        {"window = '1d'", "F:1: window: is unknown; did you mean \"pop.window\"?"},
        {"[pop]\nwindows = '1d'", "F:2: pop.windows: is unknown; did you mean \"pop.window\"?"},
        {"[auht]\nmin_ssf = 1", "F:1: auht: is unknown; did you mean \"auth\"?"},
        {"[pop]\ncolour = 1", "F:2: pop.colour: is unknown"},
        {"\"a\\nb\" = 1", "F:1: a\\x0ab: is unknown"},
    }));
    CHECK(only_error(toml) == expected);
}

TEST_CASE("all errors come at once, in the order of their lines") {
    CHECK(errors("[pop]\n"
                 "window = 'soon'\n"
                 "prefix6 = 7\n"
                 "layout = \"timestamp\n"
                 "[auth]\n"
                 "min_ssf = x\n"
                 "colour = 1\n"
                 "mechanisms = ['PLAIN', 'PLAIN', 4]\n")
          == std::vector<std::string>{
              R"(F:2: pop.window: "soon" is no length of time: a number and s, m, h or d, as "1440m")",
              "F:3: pop.prefix6: 7 is out of range; use 32 to 128",
              "F:4: Error while parsing string: unescaped control characters other than TAB (U+0009) are explicitly prohibited",
              "F:6: Error while parsing value: could not determine value type",
              "F:7: auth.colour: is unknown",
              R"(F:8: auth.mechanisms: "PLAIN" is there twice)",
              "F:8: auth.mechanisms: has to be a string in quotes, not an integer",
          });
}

TEST_CASE("a syntax error outside of an assignment is told once, and nothing is guessed behind it") {
    CHECK(errors("[pop\nwindow = 'soon'\n").size() == 1);
    CHECK(errors("user = \"\"\"a\n b = \n").size() == 1);
    CHECK(errors("trusted_networks = [\n'::1'\nuser = 'x'\n").size() <= 2);
    CHECK_THAT(only_error("[pop]\nwindow = '1d'\nwindow = '2d'\n"), Catch::StartsWith("F:3: ") && Catch::Contains("redefine"));
}

TEST_CASE("what is no text is an error") {
    CHECK(only_error("\n\nuser = 'a\0b'\n"s) == "F:3: has a NUL byte, so it is no text");
    CHECK_THAT(only_error("user = 'a\xff'\n"), Catch::StartsWith("F:1: ") && Catch::Contains("utf-8"));
    for (const std::string& message : errors("user = '\x1b[2J\xc3\xa4'\n\x7f\x80 = 1\n"))
        for (const char c : message) CHECK((c >= ' ' && c < 0x7f));
}

TEST_CASE("a file that cannot be read is an error; a missing one is the defaults only where that is wished") {
    const Scratch dir;
    CHECK(errors_of(read_config_file(dir / "none", true)).empty());
    CHECK(errors_of(read_config_file(dir / "none", false)) == std::vector{(dir / "none") + ": open: No such file or directory; is the name right?"});
    CHECK(errors_of(read_config_file(dir.path(), true)) == std::vector{dir.path() + ": is a directory; a file is wanted"});
    write_file(dir / "large", std::string((1 << 20) + 1, '#'));
    CHECK(errors_of(read_config_file(dir / "large", true)) == std::vector{(dir / "large") + ": is larger than 1048576 bytes; is it the right file?"});
    write_file(dir / "full", std::string(1 << 20, '#'));
    CHECK(errors_of(read_config_file(dir / "full", true)).empty());
    write_file(dir / "good", "mode = 'monitor'\n");
    CHECK(std::get<Settings>(read_config_file(dir / "good", false)).mode == Mode::monitor);
    write_file(dir / "bad", "\nmode = 'x'\n");
    CHECK_THAT(errors_of(read_config_file(dir / "bad", false)).at(0), Catch::StartsWith((dir / "bad") + ":2: mode: "));
    const AsNobody nobody;
    CHECK(errors_of(read_config_file(dir / "good", true)) == std::vector{(dir / "good") + ": open: Permission denied; try as root, or as the account that owns it"});
    CHECK_FALSE(errors_of(read_config_file(dir / "none", true)).empty());
}
