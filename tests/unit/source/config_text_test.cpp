#include "policy/source/config/config_text.h"

#include "policy/source/config/config_file.h"
#include "policy/source/config/config_keys.h"
#include "tests/support/catch.h"

using namespace relay;

namespace {

Settings settings_of(std::string_view toml) {
    auto result = parse_config(toml, "f");
    if (const auto* errors = std::get_if<std::vector<ConfigError>>(&result)) throw std::runtime_error{errors->front().message()};
    return std::get<Settings>(std::move(result));
}

/// No value is its default.
constexpr const char* kOther = R"(
socket = "inet:8899@127.0.0.1"
user = "other"
mode = "monitor"
policy = "auth-only"
local_mailers = ["lmtp"]
trusted_networks = ["192.0.2.0/24", "2001:db8::/32"]
state = "/s \"q\" \\ \u0007"
control = ""
[destinations]
local_host_names = "/a"
relay_domains = "/b"
domains = ["c.example"]
[pop]
database = "/d"
layout = "expiry"
window = "2h"
prefix6 = 64
max_logins = 3
never = []
until = 2027-06-30
not_for = "/e"
mode = "monitor"
[auth]
mechanisms = ["PLAIN"]
plaintext_needs_tls = true
plaintext_exempt = []
min_ssf = 128
[account]
disabled = "/f"
mode = "monitor"
[sender]
map = "/g.db"
mode = "monitor-known"
recipient_delimiter = "+"
local_part_case = true
[domain."a.example"]
policy = "pop-only"
max_recipients = 5
disabled = true
mode = "monitor"
[[limit]]
name = "x"
per = "network6/56"
count = "refusals"
max = 10
within = "2d"
burst = 3
only = ["alice", "@d.example", "192.0.2.1"]
except = ["bob"]
action = "log"
mode = "monitor"
[guard]
networks = 7
refusals = 8
limit_hits = 9
within = "2h"
hold = "0"
action = "refuse"
mode = "monitor"
[limits]
store = "redis+sentinel://a,b/mail/3"
on_failure = "defer"
[redis]
user = "mail"
password_file = "/h"
sentinel_user = "guard"
sentinel_password_file = "/i"
ca_file = "/j"
certificate_file = "/l"
key_file = "/m"
deadline = "2s"
queue = "/k"
[alert]
command = ["/bin/x", "a \"b\""]
quiet = "5s"
timeout = "6s"
at_most = 2
[metrics]
listen = "[::1]:9815"
[reply]
url = "https://a.example/"
no_login = "See {url}"
)";

bool has_line(const std::string& text, const std::string& beginning) { return ("\n" + text).find("\n" + beginning) != std::string::npos; }

}  // namespace

TEST_CASE("the text of a configuration makes the same configuration") {
    for (const char* toml : {"", kOther, "[guard]\n", "[sender]\nmode = \"self\"\n"}) {
        const Settings settings = settings_of(toml);
        const std::string text = config_text(settings);
        CHECK(config_text(settings_of(text)) == text);
    }
    const std::string other = config_text(settings_of(kOther));
    CHECK(other.find("# ") == std::string::npos);
    CHECK(has_line(other, "state = \"/s \\\"q\\\" \\\\ \\u0007\"\n"));
    CHECK(has_line(other, "hold = \"0\"\n"));
    CHECK(has_line(other, "deadline = \"2000ms\"\n"));
    CHECK(has_line(other, "mode = \"monitor-known\"\n"));
    CHECK(has_line(other, "only = [\"alice\", \"@d.example\", \"192.0.2.1/32\"]\n"));
}

TEST_CASE("every key of the configuration is in its text, set or not") {
    const std::string other = config_text(settings_of(kOther)), none = config_text({});
    for (const ConfigKey& key : config_keys()) {
        const std::string name{key.name.substr(key.name.find('.') + 1)};
        const std::string table{key.name.substr(0, key.name.find('.'))};
        INFO(key.name);
        if (name == "limit" || name == "domain" || name == "reply") {
            CHECK(other.find("[" + name) != std::string::npos);
            continue;
        }
        const auto from = table == name ? 0 : other.find("\n[" + table + "]\n");
        REQUIRE(from != std::string::npos);
        CHECK(has_line(other.substr(from, other.find("\n[", from + 2) - from), name + " = "));
        if (table == "guard") continue;
        const auto begin = table == name ? 0 : none.find("\n[" + table + "]\n");
        const std::string section = none.substr(begin, none.find("\n[", begin + 2) - begin);
        CHECK((has_line(section, name + " = ") || has_line(section, "# " + name + ": ")));
    }
}
