#include "policy/source/database/hash_page.h"

#include <algorithm>
#include <cstring>

#include "policy/source/database/database_page.h"

namespace relay {
namespace {

void check_unusual(Bytes item, bool key) {
    switch (HashItem::Kind{u8(item, 0)}) {
        case HashItem::Kind::bytes: return;
        case HashItem::Kind::duplicates:
            require(!key && item.size() > 1, "an item has an unknown type");
            return each_duplicate({reinterpret_cast<const char*>(item.data()) + 1, item.size() - 1}, [](std::string_view) {});
        case HashItem::Kind::overflow: return require(item.size() == kOverflowItem, "a long item is damaged");
    }
    throw std::runtime_error{"an item has an unknown type"};
}

}  // namespace

HashPage::HashPage(Bytes page) : page_{page}, pairs_{u16(page, 20) / std::size_t{2}} {
    if (PageType{u8(page, 25)} == PageType::invalid) {
        pairs_ = 0;
        return;
    }
    const std::size_t entries = u16(page, 20);
    const std::size_t table_end = kPageHeader + 2 * entries;
    require(entries % 2 == 0 && table_end <= page.size(), "a page has an impossible number of items");
    std::size_t end = page.size();
    for (std::size_t i = 0; i < entries; ++i) {
        std::uint16_t begin = 0;  // The table is on the page, so that its numbers need no further bounds.
        std::memcpy(&begin, page.data() + kPageHeader + 2 * i, sizeof begin);
        require(table_end <= begin && begin < end, "an item leaves its page");
        if (HashItem::Kind{std::to_integer<std::uint8_t>(page[begin])} != HashItem::Kind::bytes)
            check_unusual(page.subspan(begin, end - begin), i % 2 == 0);
        end = begin;
    }
    // An empty page of 65536 bytes cannot say where its free space ends: the field has 16 bits.
    require(end == 65536 || u16(page, 22) == end, "the free space of a page is damaged");
}

std::size_t HashPage::free_bytes() const {
    const std::size_t end = pairs_ == 0 ? page_.size() : u16(page_, kPageHeader + 2 * (2 * pairs_ - 1));
    return end - (kPageHeader + 4 * pairs_);
}

Bytes HashPage::item_bytes(std::size_t index) const {
    const std::size_t begin = u16(page_, kPageHeader + 2 * index);
    const std::size_t end = index == 0 ? page_.size() : u16(page_, kPageHeader + 2 * (index - 1));
    return page_.subspan(begin, end - begin);
}

HashItem HashPage::item(std::size_t index) const {
    const Bytes item = item_bytes(index);
    const HashItem::Kind kind{u8(item, 0)};
    if (kind == HashItem::Kind::overflow) return {kind, {}, u32(item, 4), u32(item, 8)};
    return {kind, {reinterpret_cast<const char*>(item.data()) + 1, item.size() - 1}};
}

bool precedes(std::string_view one, std::string_view other) {
    const std::size_t both = std::min(one.size(), other.size());
    const int order = one.substr(0, both).compare(other.substr(0, both));
    return order != 0 ? order < 0 : one.size() > other.size();
}

}  // namespace relay
