// Stops every way to change relayers.db at every boundary, and says how many points were tried and what went wrong.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>

#include "tests/crash/trial.h"
#include "tests/crash/workplace.h"

using namespace relay::crash;

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
    Trial::Scope scope{std::random_device{}()};
    std::size_t rounds = 1;
    std::size_t seconds = 0;
    std::size_t least = 1;
    std::vector<std::string> names;
};

bool wanted(const Options& options, const Scenario& scenario) {
    return options.names.empty() || std::ranges::find(options.names, scenario.name) != options.names.end();
}

void try_out(const Scenario& scenario, const Options& options, Tally& tally) {
    const Workplace place;
    const auto end = Clock::now() + std::chrono::seconds{options.seconds};
    for (std::size_t round = 0; round < options.rounds; ++round) {
        Trial::Scope scope = options.scope;
        scope.seed += round;
        const std::size_t known = tally.failures.size();
        try {
            Trial{scenario, scope, place.work(), tally}.run();
        } catch (const std::runtime_error& error) {
            tally.failures.push_back(error.what());
        }
        for (std::size_t i = known; i < tally.failures.size(); ++i)
            tally.failures[i] = fmt::format("--seed {} --only '{}': {}", scope.seed, scenario.name, tally.failures[i]);
        if (options.seconds != 0 && Clock::now() > end) return;
    }
}

void print(const char* name, const Tally& tally) {
    fmt::print("{:<32}{:>7}{:>11}{:>8}{:>11}{:>8}{:>8}{:>9}\n", name, tally.trials, tally.boundaries, tally.kills,
               tally.power_cuts, tally.faults, tally.states, tally.failures.size());
    constexpr std::size_t kShown = 5;
    for (std::size_t i = 0; i < std::min(kShown, tally.failures.size()); ++i) fmt::print("  {}\n", tally.failures[i]);
    std::cout << std::flush;
}

int try_all(const Options& options) {
    fmt::print("seed {}\n{:<32}{:>7}{:>11}{:>8}{:>11}{:>8}{:>8}{:>9}\n", options.scope.seed, "operation", "trials",
               "boundaries", "kill -9", "power cuts", "faults", "states", "failures");
    std::size_t points = 0;
    std::size_t failures = 0;
    for (const Scenario& scenario : scenarios()) {
        if (!wanted(options, scenario)) continue;
        Tally tally;
        try_out(scenario, options, tally);
        print(scenario.name, tally);
        points += tally.points();
        failures += tally.failures.size();
    }
    fmt::print("{} crash points, {} failures\n", points, failures);
    if (points < options.least) fmt::print("fewer than {}\n", options.least);
    return points >= options.least && failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) try {
    Options options;
    CLI::App app{"Stops every way to change relayers.db at every boundary."};
    app.add_option("--seed", options.scope.seed, "of the databases and of what a power cut leaves");
    app.add_option("--rounds", options.rounds, "databases for each operation");
    app.add_option("--most", options.scope.most, "boundaries of a command that are tried; 0: all");
    app.add_option("--unit", options.scope.unit, "bytes of a write that a power cut leaves whole or not at all")
        ->check(CLI::IsMember({512, 4096}));
    app.add_option("--seconds", options.seconds, "no new round of an operation after this time");
    app.add_option("--least", options.least, "crash points; fewer are a failure");
    app.add_option("--only", options.names, "the operations, as they are named in the table");
    CLI11_PARSE(app, argc, argv);
    return try_all(options);
} catch (const std::exception& error) {
    fmt::print(stderr, "crash_points: {}\n", error.what());
    return EXIT_FAILURE;
}
