#include "milter/verdict_counts.h"

#include <map>
#include <thread>
#include <vector>

#include "tests/support/catch.h"

using namespace relay;

namespace {

std::map<std::pair<Via, Reason>, std::uint64_t> all(const VerdictCounts& counts) {
    std::map<std::pair<Via, Reason>, std::uint64_t> found;
    counts.each([&](Via via, Reason reason, std::uint64_t count) { found[{via, reason}] = count; });
    return found;
}

Verdict verdict(Via via, Reason reason) {
    Verdict v;
    v.via = via;
    v.reason = reason;
    return v;
}

}  // namespace

TEST_CASE("every method and reason has a place of its own, the last ones too") {
    VerdictCounts counts;
    CHECK(all(counts).empty());
    std::uint64_t expected = 0;
    for (int via = 0; !name_of(static_cast<Via>(via)).empty(); ++via)
        for (int reason = 0; !name_of(static_cast<Reason>(reason)).empty(); ++reason, ++expected)
            counts.add(verdict(static_cast<Via>(via), static_cast<Reason>(reason)));
    const auto found = all(counts);
    CHECK(found.size() == expected);
    for (const auto& [pair, count] : found) CHECK(count == 1);
}

TEST_CASE("no verdict is lost between threads") {
    VerdictCounts counts;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&counts] {
            for (int i = 0; i < 10'000; ++i) counts.add(verdict(Via::auth, Reason::authenticated));
        });
    for (auto& thread : threads) thread.join();
    CHECK(all(counts) == std::map<std::pair<Via, Reason>, std::uint64_t>{{{Via::auth, Reason::authenticated}, 40'000}});
}
