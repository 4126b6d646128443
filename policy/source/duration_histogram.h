// How long something takes, as a histogram: one relaxed increment for each measurement, no lock, a fixed size.
//
// Log-linear: eight buckets to each power of two of nanoseconds, so that a bucket's upper bound is at most an eighth above
// what was measured. From a nanosecond to 69 s; what takes longer is in the last bucket. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace relay {

class DurationHistogram {
public:
    using Nanoseconds = std::chrono::nanoseconds;
    static constexpr int kLargestPower = 36;  ///< 2^36 ns is the last bound.
    static constexpr int kPart = 3;           ///< 2^3 buckets to a power of two.
    static constexpr std::size_t kBuckets = static_cast<std::size_t>(kLargestPower - kPart + 1) << kPart;

    /// The counts at one moment, each measurement in it once.
    struct Picture {
        std::array<std::uint64_t, kBuckets> counts{};
        std::uint64_t count = 0;
        Nanoseconds sum{};

        /// What the part `q` (0 to 1) of the measurements did not exceed; 0 where there is none.
        [[nodiscard]] Nanoseconds quantile(double q) const;
        /// How many took at most 2^power ns; kPart <= power <= kLargestPower.
        [[nodiscard]] std::uint64_t within_power(int power) const;
    };

    void add(Nanoseconds took) noexcept;
    [[nodiscard]] Picture picture() const noexcept;

private:
    std::array<std::atomic<std::uint64_t>, kBuckets> counts_{};
    std::atomic<std::uint64_t> sum_{0};
};

}  // namespace relay
