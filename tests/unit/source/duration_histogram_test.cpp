#include "policy/source/duration_histogram.h"

#include <random>
#include <thread>
#include <vector>

#include "tests/support/catch.h"

using namespace relay;
using std::chrono::nanoseconds;

namespace {

nanoseconds only(nanoseconds took) {
    DurationHistogram histogram;
    histogram.add(took);
    return histogram.picture().quantile(0.5);
}

}  // namespace

TEST_CASE("what was measured is told at most an eighth too long, and never too short") {
    std::mt19937_64 random{7};
    for (int i = 0; i < 100'000; ++i) {
        const auto power = random() % 36;
        const nanoseconds took{static_cast<std::int64_t>((std::uint64_t{1} << power) + random() % (std::uint64_t{1} << power))};
        CAPTURE(took.count());
        REQUIRE(only(took) >= took);
        REQUIRE(only(took).count() <= took.count() + took.count() / 8);
    }
    for (int ns = 1; ns <= 16; ++ns) CHECK(only(nanoseconds{ns}).count() == ns);
}

TEST_CASE("times that cannot be are counted at the ends") {
    CHECK(only(nanoseconds{0}) == nanoseconds{1});
    CHECK(only(nanoseconds{-5}) == nanoseconds{1});
    CHECK(only(std::chrono::hours{1}) == nanoseconds{std::int64_t{1} << 36});
    CHECK(only(nanoseconds::max()) == nanoseconds{std::int64_t{1} << 36});
}

TEST_CASE("quantiles part the measurements, and there are none of nothing") {
    DurationHistogram histogram;
    CHECK(histogram.picture().quantile(0.99) == nanoseconds{0});
    for (int i = 0; i < 98; ++i) histogram.add(nanoseconds{8});
    histogram.add(nanoseconds{1024});
    histogram.add(nanoseconds{4096});
    const auto picture = histogram.picture();
    CHECK(picture.count == 100);
    CHECK(picture.sum == nanoseconds{98 * 8 + 1024 + 4096});
    CHECK(picture.quantile(0) == nanoseconds{8});
    CHECK(picture.quantile(0.98) == nanoseconds{8});
    CHECK(picture.quantile(0.99) == nanoseconds{1024});
    CHECK(picture.quantile(1) == nanoseconds{4096});
}

TEST_CASE("a power of two is within its own bound, and one more is not") {
    DurationHistogram histogram;
    for (int power = 10; power <= 34; ++power) {
        histogram.add(nanoseconds{std::int64_t{1} << power});
        histogram.add(nanoseconds{(std::int64_t{1} << power) + 1});
    }
    const auto picture = histogram.picture();
    for (int power = 10; power <= 34; ++power) CHECK(picture.within_power(power) == static_cast<std::uint64_t>(2 * (power - 10) + 1));
    CHECK(picture.within_power(DurationHistogram::kLargestPower) == picture.count);
}

TEST_CASE("no measurement of several threads is lost") {
    DurationHistogram histogram;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&histogram] {
            for (int n = 0; n < 50'000; ++n) histogram.add(nanoseconds{n});
        });
    for (auto& thread : threads) thread.join();
    CHECK(histogram.picture().count == 200'000);
}
