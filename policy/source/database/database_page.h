// One page of a Berkeley DB file, its items bounded: what DatabaseCheck knows about the bytes of dbinc/db_page.h.
#pragma once

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
};

/// An item of one page that names another page.
struct PageReference {
    std::uint32_t from;
    std::uint32_t to;
    bool overflow;  ///< The first page of a long key or datum; otherwise a child in the tree.
};

/// The meta page (page 0), as far as it is relied on.
struct MetaPage {
    std::uint32_t page_size = 0;
    std::uint32_t last_page = 0;
    bool hash = false;
    std::uint32_t max_bucket = 0;    ///< hash
    std::vector<std::uint32_t> spares;  ///< hash: the page of bucket b is b + spares[ceil(log2(b + 1))]
    std::uint32_t root = 0;          ///< btree
};

/// The bytes of a meta page that are looked at.
inline constexpr std::size_t kMetaBytes = 512;

/// Throws std::runtime_error with what is wrong, as "is no Berkeley DB hash or btree file".
MetaPage read_meta_page(std::span<const std::byte, kMetaBytes> bytes);

/// Checks one page other than the meta page and appends what it refers to. Throws std::runtime_error likewise.
PageLinks read_page(std::span<const std::byte> page, std::uint32_t number, bool hash,
                    std::vector<PageReference>& references);

}  // namespace relay
