#include "policy/source/database/database_page.h"

#include <algorithm>
#include <bit>
#include <stdexcept>

#include "policy/source/database/hash_page.h"

namespace relay {
namespace {

constexpr std::uint32_t kHashMagic = 0x061561;
constexpr std::uint32_t kBtreeMagic = 0x053162;

std::uint32_t swapped(std::uint32_t number) {
    return number >> 24 | (number >> 8 & 0xff00) | (number << 8 & 0xff0000) | number << 24;
}

void read_hash_meta(Bytes bytes, MetaPage& meta) {
    meta.max_bucket = u32(bytes, 72);
    meta.high_mask = u32(bytes, 76);
    meta.low_mask = u32(bytes, 80);
    require(std::has_single_bit(std::uint64_t{meta.high_mask} + 1) && meta.low_mask == meta.high_mask >> 1
                && meta.low_mask <= meta.max_bucket && meta.max_bucket <= meta.high_mask && meta.max_bucket <= meta.last_page,
            "its table of buckets is damaged");
    meta.fill_factor = u32(bytes, 84);
    meta.entries = u32(bytes, 88);
    meta.hash_of_charkey = u32(bytes, 92);
    for (std::size_t i = 0; i < meta.spares.size(); ++i) meta.spares[i] = u32(bytes, 96 + 4 * i);
}

/// libdb divides by the least number of keys that a page must hold.
void read_btree_meta(Bytes bytes, MetaPage& meta) {
    const std::uint32_t min_keys = u32(bytes, 76);
    require(min_keys >= 2 && min_keys <= meta.page_size / 32, "its first page is damaged");
    meta.root = u32(bytes, 88);
}

void check_flags(Bytes bytes, bool hash) {
    require(u8(bytes, 24) == 0, "is encrypted");
    require(u8(bytes, 26) == 0, "has checksums or partitions, which makemap never writes");
    const std::uint32_t known = hash ? 0x5 : 0x41;  // DUP and DUPSORT
    require((u32(bytes, 48) & ~known) == 0, "holds several databases or a kind that makemap never writes");
}

/// libdb finds keys on such a page by halves, and answers "no such key" where they are out of order; its verification
/// then prints them, and what is behind them.
void require_order(const HashPage& page) {
    for (std::size_t pair = 1; pair < page.pairs(); ++pair) {
        const HashItem before = page.key(pair - 1), key = page.key(pair);
        const bool both_here = before.kind == HashItem::Kind::bytes && key.kind == HashItem::Kind::bytes;
        require(!both_here || precedes(before.bytes, key.bytes), "the keys of a page are out of order");
    }
}

void check_hash_page(Bytes bytes, std::uint32_t number, std::vector<PageReference>& references) {
    const HashPage page{bytes};
    if (PageType{u8(bytes, 25)} == PageType::hash) require_order(page);
    for (std::size_t pair = 0; pair < page.pairs(); ++pair)
        for (const HashItem& item : {page.key(pair), page.datum(pair)})
            if (item.kind == HashItem::Kind::overflow) references.push_back({number, item.page, true});
}

/// The items of a btree page lie anywhere above its free space; each begins with its length and type.
class BtreePage {
public:
    BtreePage(Bytes page, std::uint32_t number, std::vector<PageReference>& references)
        : page_{page}, number_{number}, references_{references} {}

    void check(bool leaf) const {
        const std::size_t entries = u16(page_, 20);
        require(leaf ? entries % 2 == 0 : entries > 0, "a page has an impossible number of items");
        const std::size_t free_end = u16(page_, 22);
        for (std::size_t i = 0; i < entries; ++i) {
            const std::size_t begin = u16(page_, kPageHeader + 2 * i);
            require(kPageHeader + 2 * entries <= begin && free_end <= begin && begin < page_.size(), "an item leaves its page");
            const Bytes item = page_.subspan(begin);
            leaf ? check_leaf_item(item) : check_child(item);
        }
        require(entries == 0 || kPageHeader + 2 * entries <= free_end, "the free space of a page is damaged");
    }

private:
    static std::uint8_t type_of(Bytes item) { return u8(item, 2) & 0x7f; }  // The highest bit: deleted.

    void check_leaf_item(Bytes item) const {
        switch (type_of(item)) {
            case 1: return require(3U + u16(item, 0) <= item.size(), "an item leaves its page");  // B_KEYDATA
            case 3: return refer_overflow(item);  // B_OVERFLOW
            default: throw std::runtime_error{"an item has an unknown type, or there are too many records for one key"};
        }
    }

    void check_child(Bytes item) const {
        const std::size_t length = u16(item, 0);
        require(12 + length <= item.size(), "an item leaves its page");
        references_.push_back({number_, u32(item, 4), false});
        if (type_of(item) == 3) return refer_overflow(item.subspan(12, length));
        require(type_of(item) == 1, "an item has an unknown type");
    }

    void refer_overflow(Bytes item) const {
        require(item.size() >= kOverflowItem && type_of(item) == 3, "a long item is damaged");
        references_.push_back({number_, u32(item, 4), true});
    }

    Bytes page_;
    std::uint32_t number_;
    std::vector<PageReference>& references_;
};

}  // namespace

std::uint32_t MetaPage::page_of_bucket(std::uint32_t bucket) const {
    return bucket + spares[std::min<std::size_t>(static_cast<std::size_t>(std::bit_width(bucket)), spares.size() - 1)];
}

bool MetaPage::same_buckets(const MetaPage& other) const {
    return unique_id == other.unique_id && page_size == other.page_size && hash && other.hash
           && max_bucket == other.max_bucket && high_mask == other.high_mask && spares == other.spares;
}

MetaPage read_meta_page(std::span<const std::byte, kMetaBytes> bytes) {
    const std::uint32_t magic = u32(bytes, 12);
    require(swapped(magic) != kHashMagic && swapped(magic) != kBtreeMagic,
            "was written on a machine of the other byte order; build it again with makemap");
    require(magic == kHashMagic || magic == kBtreeMagic, "is no Berkeley DB hash or btree file");
    MetaPage meta;
    meta.hash = magic == kHashMagic;
    const std::uint32_t version = u32(bytes, 16);
    require(version == 9 || (version == 8 && meta.hash), "has a format version that is not known");
    require(u8(bytes, 25) == static_cast<std::uint8_t>(meta.hash ? PageType::hash_meta : PageType::btree_meta)
                && u32(bytes, 8) == 0, "its first page is damaged");
    meta.page_size = u32(bytes, 20);
    require(std::has_single_bit(meta.page_size) && meta.page_size >= 512 && meta.page_size <= 65536,
            "its page size is damaged");
    check_flags(bytes, meta.hash);
    meta.last_page = u32(bytes, 32);
    meta.duplicates = (u32(bytes, 48) & 0x5) != 0;
    std::copy_n(bytes.begin() + 52, meta.unique_id.size(), meta.unique_id.begin());
    if (meta.hash)
        read_hash_meta(bytes, meta);
    else
        read_btree_meta(bytes, meta);
    return meta;
}

PageLinks read_page(Bytes page, std::uint32_t number, bool hash, std::vector<PageReference>& references) {
    const PageLinks links{u32(page, 12), u32(page, 16), PageType{u8(page, 25)}, u8(page, 24)};
    if (links.type == PageType::invalid) {
        require(u16(page, 20) == 0, "an unused page has items");  // libdb reads them, in a bucket.
        return links;
    }
    require(u32(page, 8) == number, "a page is not in its place");
    const bool hash_page = links.type == PageType::hash || links.type == PageType::hash_unsorted;
    const bool leaf = links.type == PageType::btree_leaf;
    if (links.type == PageType::overflow)
        require(kPageHeader + u16(page, 22) <= page.size(), "a long item is damaged");
    else if (hash && hash_page)
        check_hash_page(page, number, references);
    else if (!hash && (leaf || links.type == PageType::btree_internal))
        BtreePage{page, number, references}.check(leaf);
    else
        throw std::runtime_error{"a page has an unknown type"};
    return links;
}

}  // namespace relay
