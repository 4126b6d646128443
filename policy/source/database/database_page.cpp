#include "policy/source/database/database_page.h"

#include <bit>
#include <cstring>
#include <stdexcept>

namespace relay {
namespace {

constexpr std::size_t kHeader = 26;  // Of a page; the table of 16-bit item offsets follows.
constexpr std::size_t kOffPage = 12;  // An item that names an overflow page: type, page number, length.
constexpr std::uint32_t kHashMagic = 0x061561;
constexpr std::uint32_t kBtreeMagic = 0x053162;

using Bytes = std::span<const std::byte>;

template <class Number>
Number number_at(Bytes bytes, std::size_t offset) {
    Number number{};
    if (offset + sizeof number > bytes.size()) throw std::runtime_error{"an item leaves its page"};
    std::memcpy(&number, bytes.data() + offset, sizeof number);
    return number;
}
std::uint8_t u8(Bytes bytes, std::size_t offset) { return number_at<std::uint8_t>(bytes, offset); }
std::uint16_t u16(Bytes bytes, std::size_t offset) { return number_at<std::uint16_t>(bytes, offset); }
std::uint32_t u32(Bytes bytes, std::size_t offset) { return number_at<std::uint32_t>(bytes, offset); }

void require(bool condition, const char* otherwise) {
    if (!condition) throw std::runtime_error{otherwise};
}

std::uint32_t swapped(std::uint32_t number) {
    return number >> 24 | (number >> 8 & 0xff00) | (number << 8 & 0xff0000) | number << 24;
}

void read_hash_meta(Bytes bytes, MetaPage& meta) {
    meta.max_bucket = u32(bytes, 72);
    const std::uint32_t high_mask = u32(bytes, 76);
    const std::uint32_t low_mask = u32(bytes, 80);
    require(std::has_single_bit(std::uint64_t{high_mask} + 1) && low_mask == high_mask >> 1 && low_mask <= meta.max_bucket
                && meta.max_bucket <= high_mask && meta.max_bucket <= meta.last_page,
            "its table of buckets is damaged");
    for (std::size_t i = 0; i < 32; ++i) meta.spares.push_back(u32(bytes, 96 + 4 * i));
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

/// The items of a hash page lie one before the other, from the page's end down.
class HashPage {
public:
    HashPage(Bytes page, std::uint32_t number, std::vector<PageReference>& references)
        : page_{page}, number_{number}, references_{references} {}

    void check() const {
        const std::size_t entries = u16(page_, 20);
        require(entries % 2 == 0 && kHeader + 2 * entries <= page_.size(), "a page has an impossible number of items");
        std::size_t end = page_.size();
        for (std::size_t i = 0; i < entries; ++i) {
            const std::size_t begin = u16(page_, kHeader + 2 * i);
            require(kHeader + 2 * entries <= begin && begin < end, "an item leaves its page");
            check_item(page_.subspan(begin, end - begin), i % 2 == 0);
            end = begin;
        }
        // An empty page of 65536 bytes cannot say where its free space ends: the field has 16 bits.
        require(end == 65536 || u16(page_, 22) == end, "the free space of a page is damaged");
    }

private:
    void check_item(Bytes item, bool key) const {
        switch (u8(item, 0)) {
            case 1: return;  // H_KEYDATA
            case 2: return check_duplicates(item, key);  // H_DUPLICATE
            case 3:  // H_OFFPAGE
                require(item.size() == kOffPage, "a long item is damaged");
                references_.push_back({number_, u32(item, 4), true});
                return;
            default: throw std::runtime_error{"an item has an unknown type"};
        }
    }

    /// Each duplicate has its 16-bit length before and behind it.
    static void check_duplicates(Bytes item, bool key) {
        require(!key && item.size() > 1, "an item has an unknown type");
        for (std::size_t at = 1; at < item.size();) {
            const std::size_t length = u16(item, at);
            require(at + length + 4 <= item.size() && u16(item, at + 2 + length) == length, "duplicates are damaged");
            at += length + 4;
        }
    }

    Bytes page_;
    std::uint32_t number_;
    std::vector<PageReference>& references_;
};

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
            const std::size_t begin = u16(page_, kHeader + 2 * i);
            require(kHeader + 2 * entries <= begin && free_end <= begin && begin < page_.size(), "an item leaves its page");
            const Bytes item = page_.subspan(begin);
            leaf ? check_leaf_item(item) : check_child(item);
        }
        require(entries == 0 || kHeader + 2 * entries <= free_end, "the free space of a page is damaged");
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
        require(item.size() >= kOffPage && type_of(item) == 3, "a long item is damaged");
        references_.push_back({number_, u32(item, 4), true});
    }

    Bytes page_;
    std::uint32_t number_;
    std::vector<PageReference>& references_;
};

}  // namespace

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
    if (meta.hash)
        read_hash_meta(bytes, meta);
    else
        read_btree_meta(bytes, meta);
    return meta;
}

PageLinks read_page(Bytes page, std::uint32_t number, bool hash, std::vector<PageReference>& references) {
    const PageLinks links{u32(page, 12), u32(page, 16), PageType{u8(page, 25)}, u8(page, 24)};
    if (links.type == PageType::invalid) return links;
    require(u32(page, 8) == number, "a page is not in its place");
    const bool hash_page = links.type == PageType::hash || links.type == PageType::hash_unsorted;
    const bool leaf = links.type == PageType::btree_leaf;
    if (links.type == PageType::overflow)
        require(kHeader + u16(page, 22) <= page.size(), "a long item is damaged");
    else if (hash && hash_page)
        HashPage{page, number, references}.check();
    else if (!hash && (leaf || links.type == PageType::btree_internal))
        BtreePage{page, number, references}.check(leaf);
    else
        throw std::runtime_error{"a page has an unknown type"};
    return links;
}

}  // namespace relay
