#include "policy/source/duration_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace relay {
namespace {

using Histogram = DurationHistogram;

constexpr std::uint64_t kParts = 1U << Histogram::kPart;

/// Of ns - 1, so that a power of two is the upper bound of a bucket, and in it.
std::size_t bucket_of(std::uint64_t below) {
    if (below < kParts) return below;
    const int power = static_cast<int>(std::bit_width(below)) - 1;
    const auto part = (below >> (power - Histogram::kPart)) & (kParts - 1);
    return std::min(static_cast<std::size_t>(power - Histogram::kPart + 1) * kParts + part, Histogram::kBuckets - 1);
}

std::chrono::nanoseconds upper_bound(std::size_t bucket) {
    if (bucket < kParts) return std::chrono::nanoseconds{bucket + 1};
    return std::chrono::nanoseconds{(kParts + bucket % kParts + 1) << (bucket / kParts - 1)};
}

}  // namespace

void DurationHistogram::add(Nanoseconds took) noexcept {
    const auto ns = static_cast<std::uint64_t>(std::max<Nanoseconds::rep>(took.count(), 1));
    counts_[bucket_of(ns - 1)].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(ns, std::memory_order_relaxed);
}

DurationHistogram::Picture DurationHistogram::picture() const noexcept {
    Picture picture;
    for (std::size_t i = 0; i < kBuckets; ++i) picture.count += picture.counts[i] = counts_[i].load(std::memory_order_relaxed);
    picture.sum = Nanoseconds{sum_.load(std::memory_order_relaxed)};
    return picture;
}

std::chrono::nanoseconds DurationHistogram::Picture::quantile(double q) const {
    const auto wanted = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count))));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i)
        if ((seen += counts[i]) >= wanted) return upper_bound(i);
    return Nanoseconds{0};
}

std::uint64_t DurationHistogram::Picture::within_power(int power) const {
    std::uint64_t within = 0;
    for (std::size_t i = 0; i < kBuckets && upper_bound(i) <= Nanoseconds{std::int64_t{1} << power}; ++i) within += counts[i];
    return within;
}

}  // namespace relay
