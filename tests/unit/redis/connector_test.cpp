#include "policy/source/redis/connector.h"

#include <algorithm>
#include <optional>
#include <thread>

#include "policy/source/redis/redis_client.h"
#include "tests/support/catch.h"
#include "tests/support/redis_server.h"

using namespace relay;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

std::string port_line(unsigned port) { return "port " + std::to_string(port); }
std::string host(unsigned port) { return "127.0.0.1:" + std::to_string(port); }

/// A master, a replica of it, and one Sentinel that takes it for dead after 300 ms.
struct Watched {
    unsigned first_port = RedisServer::free_port(), second_port = RedisServer::free_port(), sentinel_port = RedisServer::free_port();
    RedisServer first{{port_line(first_port), "repl-diskless-sync-delay 0"}};
    RedisServer second{{port_line(second_port), "replicaof 127.0.0.1 " + std::to_string(first_port), "repl-diskless-sync-delay 0"}};
    RedisServer sentinel{{port_line(sentinel_port), "requirepass wacht", "sentinel monitor mail 127.0.0.1 " + std::to_string(first_port) + " 1",
                          "sentinel down-after-milliseconds mail 300", "sentinel failover-timeout mail 3000"},
                         true};
    RedisSettings settings;

    Watched() {
        settings.sentinel_password_file = sentinel.scratch() / "password";
        write_file(settings.sentinel_password_file, "wacht\n");
    }
    /// The Sentinel's own words.
    [[nodiscard]] RedisReply ask_sentinel(const std::string& what) const {
        RedisSettings own;
        own.password_file = settings.sentinel_password_file;
        RedisClient client{"redis://" + host(sentinel_port), own};
        return client.call(RedisCommand{"SENTINEL", what, "mail"}, 1s);
    }
    [[nodiscard]] std::string url() const { return "redis+sentinel://127.0.0.1:1," + host(sentinel_port) + "/mail/2"; }
};

template <class Done>
bool soon(Done done, std::chrono::milliseconds within = 10s) {
    for (const auto end = Clock::now() + within; Clock::now() < end; std::this_thread::sleep_for(5ms))
        if (done()) return true;
    return false;
}

bool has_replica(const RedisServer& server) {
    RedisClient client{server.url(), {}};
    return client.call(RedisCommand{"INFO", "replication"}, 1s).text()->find("state=online") != std::string::npos;
}

bool sets(RedisClient& client) {
    try {
        return client.call(RedisCommand{"SET", "k", "v"}).text() != nullptr;
    } catch (const RedisFault&) {
        return false;
    }
}

std::string fault(const std::string& url, const RedisSettings& settings = {}) {
    RedisClient client{url, settings};
    try {
        client.call(RedisCommand{"PING"});
    } catch (const RedisFault& fault) {
        return fault.what();
    }
    return "(no fault)";
}

}  // namespace

TEST_CASE("Sentinels name the master, and after its end the next, seen within a deadline") {
    Watched watched;
    RedisClient client{watched.url(), watched.settings};
    REQUIRE(sets(client));
    REQUIRE(soon([&] { return has_replica(watched.first); }));
    // It asks the master every ten seconds which replicas there are.
    REQUIRE(soon([&] { return !watched.ask_sentinel("REPLICAS").array()->empty(); }, 15s));
    SECTION("killed") { watched.first.kill(); }
    SECTION("hung") { watched.first.hang(); }
    CHECK_FALSE(sets(client));
    const RedisReply second_port{std::to_string(watched.second_port)};
    // Callers come all the time, as recipients do; none may take much longer than its deadline.
    std::optional<Clock::time_point> promoted;
    Clock::duration longest{};
    const bool again = soon([&] {
        if (!promoted && (*watched.ask_sentinel("get-master-addr-by-name").array())[1] == second_port) promoted = Clock::now();
        const auto start = Clock::now();
        const bool done = sets(client);
        longest = std::max(longest, Clock::now() - start);
        return done;
    }, 20s);
    REQUIRE(again);
    REQUIRE(promoted);
    CHECK(Clock::now() - *promoted < 500ms);
    CHECK(longest < 500ms);
}

TEST_CASE("a server that is no master any more is left for the one that is") {
    Watched watched;
    RedisClient client{watched.url(), watched.settings};
    REQUIRE(sets(client));
    RedisClient first{watched.first.url(), {}};
    first.call(RedisCommand{"REPLICAOF", "127.0.0.1", std::to_string(watched.second_port)});
    CHECK_FALSE(sets(client));  // READONLY
    first.call(RedisCommand{"REPLICAOF", "NO", "ONE"});
    CHECK(soon([&] { return sets(client); }));
}

TEST_CASE("what a Sentinel does not know, or is not, is told of each") {
    const Watched watched;
    const std::string sentinel = host(watched.sentinel_port), server = host(watched.first_port);
    CHECK_THAT(fault("redis+sentinel://" + sentinel + "/mail"), Catch::Contains(sentinel + ": NOAUTH"));
    CHECK_THAT(fault("redis+sentinel://" + sentinel + "/other", watched.settings), Catch::Contains(sentinel + ": it knows no master \"other\""));
    CHECK_THAT(fault("redis+sentinel://" + server + "/mail"), Catch::Contains(server + ": ERR unknown command"));
    const std::string both = fault("redis+sentinel://127.0.0.1:1," + server + "/mail");
    CHECK_THAT(both, Catch::Contains("no Sentinel names the master; 127.0.0.1:1: connect: Connection refused; " + server));
}
