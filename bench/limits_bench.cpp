// What one recipient's charge takes: to a table of this process, and to a Redis server on a socket of this host and over
// loopback TCP. The server is Debian's redis-server(1), started for the time of a figure.
#include <benchmark/benchmark.h>

#include "policy/source/limits/limit_clock.h"
#include "policy/source/limits/limit_set.h"
#include "policy/source/shared/shared_limits.h"
#include "tests/support/redis_server.h"

namespace relay::bench {
namespace {

/// A limit by login and one by network, as most will have them; the logins differ.
Settings settings() {
    Settings s;
    s.redis.deadline = std::chrono::seconds{5};
    for (const auto& [name, per] : {std::pair{"logins", LimitPer::login}, std::pair{"networks", LimitPer::network4}}) {
        LimitSettings& limit = s.limits.emplace_back();
        limit.name = name;
        limit.per = per;
        limit.bits = 24;
        limit.max = limit.burst = 1'000'000;
    }
    s.guard.on = true;
    return s;
}

void charge(benchmark::State& state, const Limits& limits) {
    std::uint32_t turn = 0;
    for (auto unused : state) {
        static_cast<void>(unused);
        const auto network = static_cast<std::uint8_t>(turn % 100);
        const LimitSubject who{"user" + std::to_string(turn++ % 1000), Address::v4({10, 0, network, 1})};
        benchmark::DoNotOptimize(limits.charge(who, false, limit_now()));
    }
}

void see(benchmark::State& state, const Limits& limits) {
    std::uint32_t turn = 0;
    for (auto unused : state) {
        static_cast<void>(unused);
        benchmark::DoNotOptimize(limits.brake("user" + std::to_string(++turn % 1000), Address::v4({10, 0, 0, 1}), limit_now()));
    }
}

struct TcpServer {
    unsigned port = RedisServer::free_port();
    RedisServer server{{"port " + std::to_string(port), "bind 127.0.0.1"}};
    std::string url = "redis://127.0.0.1:" + std::to_string(port);
};

SharedLimits at(const std::string& url) {
    const Settings s = settings();
    return {s, std::make_shared<RedisClient>(url, s.redis)};
}

void charge_here(benchmark::State& state) { charge(state, LimitSet{settings(), std::make_shared<LimitStore>()}); }
void charge_over_socket(benchmark::State& state) {
    const RedisServer server;
    charge(state, at(server.url()));
}
void charge_over_tcp(benchmark::State& state) {
    const TcpServer tcp;
    charge(state, at(tcp.url));
}
void brake_here(benchmark::State& state) { see(state, LimitSet{settings(), std::make_shared<LimitStore>()}); }
void brake_over_socket(benchmark::State& state) {
    const RedisServer server;
    see(state, at(server.url()));
}
void brake_over_tcp(benchmark::State& state) {
    const TcpServer tcp;
    see(state, at(tcp.url));
}

BENCHMARK(charge_here);
BENCHMARK(charge_over_socket)->UseRealTime();
BENCHMARK(charge_over_tcp)->UseRealTime();
BENCHMARK(brake_here);
BENCHMARK(brake_over_socket)->UseRealTime();
BENCHMARK(brake_over_tcp)->UseRealTime();

}  // namespace
}  // namespace relay::bench

BENCHMARK_MAIN();
