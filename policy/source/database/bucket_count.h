// How many buckets a hash file needs so that each of its records stays on one page, computed from the records themselves.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace relay {

/// The pages of the files that we make.
inline constexpr std::uint32_t kPageSize = 4096;
/// A longer key or datum would get pages of its own.
inline constexpr std::size_t kMaxInline = kPageSize / 4;
/// Of a file for few entries: room for 100,000.
inline constexpr std::uint32_t kLeastBuckets = 2048;

class BucketCount {
public:
    void add(std::string_view key, std::string_view datum);
    [[nodiscard]] std::size_t records() const { return records_.size(); }

    /// The least power of two, and kLeastBuckets, with which the fullest bucket fills at most 3/4 of its page. Somebody
    /// who chooses his addresses can fill one bucket at any count: so at most 8 times what all bytes together ask
    /// for, and then the count with the fewest buckets above 3/4.
    [[nodiscard]] std::uint32_t buckets() const;

private:
    struct Record {
        std::uint32_t hash;
        std::uint32_t bytes;
    };
    [[nodiscard]] std::size_t too_full(std::uint32_t buckets) const;

    std::vector<Record> records_;
    std::uint64_t bytes_ = 0;
};

/// The bytes that a record takes of the 4,070 of its page.
std::uint32_t bytes_on_page(std::string_view key, std::string_view datum);

}  // namespace relay
