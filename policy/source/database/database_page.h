// One page of a Berkeley DB file, its items bounded: what DatabaseCheck knows about the bytes of dbinc/db_page.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace relay {

enum class PageType : std::uint8_t {
    invalid = 0,
    hash_unsorted = 2,
    btree_internal = 3,
    btree_leaf = 5,
    overflow = 7,
    hash_meta = 8,
    btree_meta = 9,
    hash = 13,
};

/// What other pages and the meta page rely on.
struct PageLinks {
    std::uint32_t previous = 0;
    std::uint32_t next = 0;
    PageType type = PageType::invalid;
    std::uint8_t level = 0;
    bool operator==(const PageLinks&) const = default;
};

/// An item of one page that names another page.
struct PageReference {
    std::uint32_t from;
    std::uint32_t to;
    bool overflow;  ///< The first page of a long key or datum; otherwise a child in the tree.
};

/// The meta page (page 0), as far as it is relied on.
struct MetaPage {
    std::array<std::byte, 20> unique_id{};  ///< Of the file: libdb makes one each time it makes a database.
    std::uint32_t page_size = 0;
    std::uint32_t last_page = 0;
    bool hash = false;
    bool duplicates = false;             ///< Several records may have one key.
    std::uint32_t max_bucket = 0;        ///< hash, as all below: the number of the last bucket
    std::uint32_t high_mask = 0;
    std::uint32_t low_mask = 0;
    std::uint32_t fill_factor = 0;       ///< Pairs on a page above which libdb splits a bucket; 0: when a page is full.
    std::uint32_t entries = 0;           ///< As libdb counts: from what it was told to expect, and not exact after a crash.
    std::uint32_t hash_of_charkey = 0;   ///< The hash of a fixed text: tells the hash function.
    std::array<std::uint32_t, 32> spares{};
    std::uint32_t root = 0;              ///< btree

    /// `bucket` up to max_bucket; may lie outside a damaged file.
    [[nodiscard]] std::uint32_t page_of_bucket(std::uint32_t bucket) const;
    /// The same hash file, with no bucket split or file rebuilt in between: each key is still in the same bucket.
    [[nodiscard]] bool same_buckets(const MetaPage& other) const;
};

/// The bytes of a meta page that are looked at.
inline constexpr std::size_t kMetaBytes = 512;

/// Throws std::runtime_error with what is wrong, as "is no Berkeley DB hash or btree file".
MetaPage read_meta_page(std::span<const std::byte, kMetaBytes> bytes);

/// Checks one page other than the meta page and appends what it refers to. Throws std::runtime_error likewise.
PageLinks read_page(std::span<const std::byte> page, std::uint32_t number, bool hash,
                    std::vector<PageReference>& references);

}  // namespace relay
