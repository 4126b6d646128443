// What one decision takes, with all findings there: microseconds would show at each recipient, nanoseconds do not.
#include <benchmark/benchmark.h>

#include "bench/decide_facts.h"

namespace relay::bench {
namespace {

using namespace std::chrono_literals;

void decide(benchmark::State& state, const Envelope& e, const Findings& findings) {
    const Policy policy{settings()};
    for (auto unused : state) {
        static_cast<void>(unused);
        benchmark::DoNotOptimize(policy.decide(e, findings, kNow));
    }
}

void decide_local(benchmark::State& state) { decide(state, envelope(Destination::ours, RelayClient::unknown), {}); }
void decide_trusted(benchmark::State& state) { decide(state, envelope(Destination::other, RelayClient::trusted), {}); }

void decide_auth(benchmark::State& state) {
    Envelope e = envelope(Destination::other, RelayClient::auth);
    e.auth = Authentication{.identity = "user@example.net", .author = {}, .mechanism = "PLAIN", .ssf = 0};
    decide(state, e, {});
}

void decide_pop(benchmark::State& state) {
    Findings findings;
    findings.login = LoginRecord{Layout::timestamp, kNow - 60s, {{kNow - 60s, "user@example.net"}}};
    decide(state, envelope(Destination::other, RelayClient::unknown), findings);
}

void decide_refused(benchmark::State& state) {
    Findings findings;
    findings.login = Absent{};
    decide(state, envelope(Destination::other, RelayClient::unknown), findings);
}

BENCHMARK(decide_local);
BENCHMARK(decide_trusted);
BENCHMARK(decide_auth);
BENCHMARK(decide_pop);
BENCHMARK(decide_refused);

}  // namespace
}  // namespace relay::bench

BENCHMARK_MAIN();
