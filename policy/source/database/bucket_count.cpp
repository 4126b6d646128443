#include "policy/source/database/bucket_count.h"

#include <algorithm>
#include <bit>

#include "policy/source/database/hash_file.h"

namespace relay {
namespace {

constexpr std::uint32_t kFull = (kPageSize - 26) / 4 * 3;
constexpr std::uint32_t kMostBuckets = std::uint32_t{1} << 20;

/// Its place in the page's table, its type, and its bytes or the name of its overflow page.
std::uint32_t item_bytes(std::size_t size) {
    return 3 + static_cast<std::uint32_t>(size > kMaxInline ? 11 : size);
}

}  // namespace

std::uint32_t bytes_on_page(std::string_view key, std::string_view datum) {
    return item_bytes(key.size()) + item_bytes(datum.size());
}

void BucketCount::add(std::string_view key, std::string_view datum) {
    records_.push_back({database_hash(key), bytes_on_page(key, datum)});
    bytes_ += records_.back().bytes;
}

std::size_t BucketCount::too_full(std::uint32_t buckets) const {
    std::vector<std::uint32_t> load(buckets);
    for (const Record& record : records_) load[record.hash & (buckets - 1)] += record.bytes;
    return static_cast<std::size_t>(std::ranges::count_if(load, [](std::uint32_t bytes) { return bytes > kFull; }));
}

std::uint32_t BucketCount::buckets() const {
    const auto asked = std::bit_ceil(std::min<std::uint64_t>(bytes_ / kFull + 1, kMostBuckets));
    const auto most = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(8 * asked, kLeastBuckets, kMostBuckets));
    std::uint32_t best = kLeastBuckets;
    std::size_t fewest = too_full(best);
    for (std::uint32_t buckets = 2 * best; fewest > 0 && buckets <= most; buckets *= 2) {
        const std::size_t full = too_full(buckets);
        if (full < fewest) best = buckets;
        fewest = std::min(fewest, full);
    }
    return best;
}

}  // namespace relay
