// commits: records a login in a relayers.db so many times a second, until it is ended.
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "bench/load/client_address.h"
#include "policy/source/relayers/relayers_writer.h"

namespace {

using namespace relay;

int run(const std::string& path, unsigned rate) {
    RelayersWriter writer{path};
    auto next = std::chrono::steady_clock::now();
    for (std::uint32_t i = 0;; ++i) {
        const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        writer.record({{bench::client(i % 1000), now, "user" + std::to_string(i % 7)}});
        std::this_thread::sleep_until(next += std::chrono::microseconds{1'000'000 / rate});
    }
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc == 3) return run(argv[1], static_cast<unsigned>(std::stoul(argv[2])));
    std::fprintf(stderr, "usage: %s DATABASE COMMITS-A-SECOND\n", argv[0]);
    return 64;
} catch (const std::exception& fault) {
    std::fprintf(stderr, "commits: %s\n", fault.what());
    return 1;
}
