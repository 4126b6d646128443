#include "policy/source/config/config_redis.h"

#include "policy/source/config/config_file.h"
#include "tests/support/catch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

Settings good(std::string_view toml) {
    auto result = parse_config(toml, "F");
    if (const auto* errors = std::get_if<std::vector<ConfigError>>(&result)) FAIL(errors->front().message());
    return std::get<Settings>(std::move(result));
}

std::string errors(std::string_view toml) {
    const auto result = parse_config(toml, "F");
    std::string all;
    if (const auto* errors = std::get_if<std::vector<ConfigError>>(&result))
        for (const ConfigError& error : *errors) all += error.message() + '\n';
    return all;
}

}  // namespace

TEST_CASE("logins and counts are on this host unless a URL says otherwise") {
    const Settings s = good("");
    CHECK(s.pop.database == "/etc/mail/relayers.db");
    CHECK(s.limit_store.store.empty());
    CHECK(s.limit_store.on_failure == Action::permit);
    CHECK(s.redis.deadline == 250ms);
    CHECK(s.redis.queue == "/var/lib/vsmtprelay/queue");
    CHECK(s.redis.user.empty());
    CHECK(s.redis.password_file.empty());
    CHECK(s.redis.ca_file.empty());
}

TEST_CASE("every key of a server is read") {
    const Settings s = good(R"(
[pop]
database = "rediss://db.example/1"
layout = "timestamp"
[limits]
store = "unix:/run/redis.sock"
on_failure = "defer"
[redis]
user = "mail"
password_file = "/a"
sentinel_user = "guard"
sentinel_password_file = "/b"
ca_file = "/c"
certificate_file = "/e"
key_file = "/f"
deadline = "1s"
queue = "/d"
)");
    CHECK(s.pop.database == "rediss://db.example/1");
    CHECK(s.limit_store.store == "unix:/run/redis.sock");
    CHECK(s.limit_store.on_failure == Action::defer);
    CHECK(s.redis.user == "mail");
    CHECK(s.redis.password_file == "/a");
    CHECK(s.redis.sentinel_user == "guard");
    CHECK(s.redis.sentinel_password_file == "/b");
    CHECK(s.redis.ca_file == "/c");
    CHECK(s.redis.certificate_file == "/e");
    CHECK(s.redis.key_file == "/f");
    CHECK(s.redis.deadline == 1000ms);
    CHECK(s.redis.queue == "/d");
    CHECK(good("limits.store = 'local'").limit_store.store.empty());
    CHECK(good("redis.deadline = '10ms'").redis.deadline == 10ms);
    CHECK(good("redis.deadline = '10s'").redis.deadline == 10s);
}

TEST_CASE("a wrong value of a server's key says what would be right") {
    const auto [toml, expected] = GENERATE(table<const char*, const char*>({
        {"pop.database = 'redis://'", "F:1: pop.database: is no URL of a server: \"\" is no name and no address of a host; an IPv6 address stands in brackets\n"},
        {"pop.database = 'relayers.db'", "F:1: pop.database: \"relayers.db\" has to be a path that begins with /, or a URL as redis://db.example\n"},
        {"pop.database = 1", "F:1: pop.database: has to be a string in quotes, not an integer\n"},
        {"pop.database = 'redis://u:geheim@db'",
         "F:1: pop.database: is no URL of a server: no user and no password can stand in the URL; [redis] user and password_file name them\n"},
        {"limits.store = '/file'", "F:1: limits.store: \"/file\" has to be \"local\", or a URL as redis://db.example\n"},
        {"limits.store = 'unix:x'",
         "F:1: limits.store: is no URL of a server: the path of the socket has to begin with /, as in unix:/run/redis/redis.sock\n"},
        {"limits.on_failure = 'refuse'", "F:1: limits.on_failure: \"refuse\" is unknown; use \"permit\" or \"defer\"\n"},
        {"redis.user = 'a b'", "F:1: redis.user: \"a b\" is no name of a user\n"},
        {"redis.user = 'a'", "F:1: redis.user: needs redis.password_file\n"},
        {"redis.sentinel_user = 'a'", "F:1: redis.sentinel_user: needs redis.sentinel_password_file\n"},
        {"redis.key_file = '/a'", "F:1: redis.key_file: certificate_file and key_file go together\n"},
        {"redis.certificate_file = '/a'", "F:1: redis.certificate_file: certificate_file and key_file go together\n"},
        {"redis.password_file = 'geheim'", "F:1: redis.password_file: \"geheim\" has to be a path that begins with /\n"},
        {"redis.deadline = '9ms'", "F:1: redis.deadline: \"9ms\" is no deadline: a number and ms or s, from \"10ms\" to \"10s\"\n"},
        {"redis.deadline = '11s'", "F:1: redis.deadline: \"11s\" is no deadline: a number and ms or s, from \"10ms\" to \"10s\"\n"},
        {"redis.deadline = '250'", "F:1: redis.deadline: \"250\" is no deadline: a number and ms or s, from \"10ms\" to \"10s\"\n"},
        {"[pop]\ndatabase = 'redis://a'\nlayout = 'expiry'", "F:3: pop.layout: has to be \"timestamp\" where pop.database is the URL of a server\n"},
    }));
    CHECK(errors(toml) == expected);
}
