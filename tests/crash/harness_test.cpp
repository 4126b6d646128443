// The harness can fail: it finds each way in which relayers.db must not be written.
#include <algorithm>

#include "tests/crash/trial.h"
#include "tests/crash/workplace.h"
#include "tests/support/catch.h"

using namespace relay::crash;

namespace {

const Scenario& unsafe(const std::string& name) {
    static const std::vector<Scenario> all = unsafe_scenarios();
    return *std::ranges::find_if(all, [&](const Scenario& scenario) { return scenario.name == name; });
}

/// The failures of some trials, each on a line.
std::string failures_of(const std::string& name) {
    const Workplace place;
    Tally tally;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) Trial{unsafe(name), {seed, 12}, place.work(), tally}.run();
    std::string all;
    for (const std::string& failure : tally.failures) all += failure + "\n";
    return all;
}

}  // namespace

TEST_CASE("the harness finds what an ordinary file loses at a kill -9 and at a power cut") {
    const std::string failures = failures_of("splits");
    CHECK_THAT(failures, Catch::Contains("kill -9"));
    CHECK_THAT(failures, Catch::Contains("power cut"));
    CHECK_THAT(failures, Catch::Contains("damaged") || Catch::Contains("is lost"));
}

TEST_CASE("the harness finds an acknowledgement of what is not on disk") {
    CHECK_THAT(failures_of("syncs-nothing"), Catch::Contains("after the end"));
}

TEST_CASE("the harness finds a rename before its file was synced") {
    CHECK_THAT(failures_of("renames-unsynced"), Catch::Contains("power cut"));
}

TEST_CASE("the harness finds a rename that was acknowledged before its directory was synced") {
    const std::string failures = failures_of("forgets-directory");
    CHECK_THAT(failures, Catch::Contains("after the end") && Catch::Contains("not as was acknowledged"));
}

TEST_CASE("the harness finds a file that is rewritten in place") {
    CHECK_THAT(failures_of("rewrites-in-place"), Catch::Contains("kill -9"));
}

TEST_CASE("the harness finds changes that it cannot see, and does not pass them over") {
    CHECK_THROWS_WITH(failures_of("unseen"), Catch::Contains("does not show"));
}
