#include "policy/source/redis/redis_url.h"

#include "tests/support/catch.h"

using namespace relay;
using Host = RedisUrl::Host;

namespace {

RedisUrl url(std::string_view text) {
    auto parsed = parse_redis_url(text);
    INFO(text);
    if (const auto* problem = std::get_if<std::string>(&parsed)) FAIL(*problem);
    return std::get<RedisUrl>(std::move(parsed));
}

std::string problem(std::string_view text) {
    const auto parsed = parse_redis_url(text);
    const auto* words = std::get_if<std::string>(&parsed);
    return words ? *words : "none";
}

}  // namespace

TEST_CASE("a URL names one server, the Sentinels of a master, or a socket of this host") {
    CHECK(url("redis://db") == RedisUrl{.hosts = {{"db", 6379}}});
    CHECK(url("redis://db/") == RedisUrl{.hosts = {{"db", 6379}}});
    CHECK(url("redis://db.example:7000/3") == RedisUrl{.hosts = {{"db.example", 7000}}, .database = 3});
    CHECK(url("rediss://192.0.2.1/65535") == RedisUrl{.tls = true, .hosts = {{"192.0.2.1", 6379}}, .database = 65535});
    CHECK(url("redis://[2001:db8::1]:1") == RedisUrl{.hosts = {{"2001:db8::1", 1}}});
    CHECK(url("unix:/run/redis.sock") == RedisUrl{.path = "/run/redis.sock"});
    CHECK(url("unix:/run/redis.sock?db=2") == RedisUrl{.path = "/run/redis.sock", .database = 2});
    CHECK(url("redis+sentinel://a,b:2,[::1]:3/mail_1.x/4") ==
          RedisUrl{.hosts = {{"a", 26379}, {"b", 2}, {"::1", 3}}, .master = "mail_1.x", .database = 4});
    CHECK(url("rediss+sentinel://a/m") == RedisUrl{.tls = true, .hosts = {{"a", 26379}}, .master = "m"});
}

TEST_CASE("what is no such URL has a problem in words that name the part") {
    CHECK(problem("http://db") == "has to begin with redis://, rediss://, redis+sentinel://, rediss+sentinel:// or unix:/");
    CHECK_THAT(problem("redis://"), Catch::Contains("\"\" is no name and no address"));
    CHECK_THAT(problem("redis:///1"), Catch::Contains("\"\" is no name and no address"));
    CHECK_THAT(problem("redis://a b"), Catch::Contains("\"a b\" is no name"));
    CHECK_THAT(problem("redis://a\n"), Catch::Contains("\"a\\x0a\" is no name"));
    CHECK_THAT(problem("redis://192.0.2.256"), Catch::Contains("\"192.0.2.256\" is no name and no address"));
    CHECK_THAT(problem("redis://::1"), Catch::Contains("in brackets"));
    CHECK_THAT(problem("redis://2001:db8::1"), Catch::Contains("an IPv6 address stands in brackets"));
    for (const char* bad : {"redis://[::1", "redis://[192.0.2.1]", "redis://[]", "redis://[x]"})
        CHECK_THAT(problem(bad), Catch::Contains("has to be an IPv6 address"));
    for (const char* bad : {"redis://a:", "redis://a:0", "redis://a:65536", "redis://a:-1", "redis://a:1x", "redis://[::1]x"})
        CHECK_THAT(problem(bad), Catch::Contains("a port from 1 to 65535"));
    for (const char* bad : {"redis://a/x", "redis://a/65536", "redis://a/1/", "redis://a/-1", "unix:/s?db=", "unix:/s?db=x"})
        CHECK_THAT(problem(bad), Catch::Contains("a number from 0 to 65535"));
    for (const char* bad : {"unix:", "unix:s", "unix:/", "unix:/d/"}) CHECK_THAT(problem(bad), Catch::Contains("path of the socket"));
    CHECK_THAT(problem("unix:/s?x=1"), Catch::Contains("?db=NUMBER"));
    CHECK_THAT(problem("unix:/" + std::string(108, 's')), Catch::Contains("shorter than 108"));
    CHECK_THAT(problem("redis+sentinel://a"), Catch::Contains("name of the master is missing"));
    CHECK_THAT(problem("redis+sentinel://a,/m"), Catch::Contains("\"\" is no name"));
}

TEST_CASE("a password in a URL is refused, and not repeated") {
    for (const char* bad : {"redis://u:geheim@db", "rediss://:geheim@db:1/2", "redis+sentinel://u:geheim@a/m"}) {
        CHECK_THAT(problem(bad), Catch::Contains("no user and no password"));
        CHECK_THAT(problem(bad), !Catch::Contains("geheim"));
    }
}

TEST_CASE("a path is no URL of a server") {
    for (const char* path : {"/etc/mail/relayers.db", "relayers.db", "redis", "redis:", "REDIS://a", ""}) CHECK_FALSE(is_redis_url(path));
    for (const char* path : {"redis://a", "rediss://", "redis+sentinel://", "rediss+sentinel://x", "unix:/s"}) CHECK(is_redis_url(path));
}
