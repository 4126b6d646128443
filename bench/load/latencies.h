// Durations in buckets of 1/32 of their size, so that any number of them fits in little room.
#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

namespace relay::bench {

class Latencies {
public:
    void add(std::chrono::nanoseconds duration) {
        ++counts_[bucket_of(static_cast<std::uint64_t>(duration.count()))];
        ++count_;
    }

    [[nodiscard]] std::uint64_t count() const { return count_; }

    /// In microseconds: what `share` (0 to 1) of all took at most. 0 where there is none.
    [[nodiscard]] double quantile(double share) const {
        const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(count_));
        std::uint64_t seen = 0;
        for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket)
            if ((seen += counts_[bucket]) > rank) return middle_of(bucket) / 1000;
        return 0;
    }

private:
    static constexpr unsigned kParts = 5;  // 2^5 buckets for each power of two.

    static std::size_t bucket_of(std::uint64_t value) {
        if (value < 1U << kParts) return value;
        const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - kParts - 1;
        return (static_cast<std::size_t>(shift) << kParts) + (value >> shift);
    }
    static double middle_of(std::size_t bucket) {
        if (bucket < 1U << kParts) return static_cast<double>(bucket);
        const std::size_t shift = (bucket >> kParts) - 1;
        const std::uint64_t least = ((bucket & ((1U << kParts) - 1)) + (1U << kParts)) << shift;
        return static_cast<double>(least) + static_cast<double>(1ULL << shift) / 2;
    }

    std::array<std::uint64_t, (64 - kParts) << kParts> counts_{};
    std::uint64_t count_ = 0;
};

}  // namespace relay::bench
