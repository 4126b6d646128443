#include "policy/source/database/hash_page_edit.h"

#include <algorithm>
#include <cstring>
#include <ranges>
#include <vector>

#include "policy/source/database/database_page.h"

namespace relay {
namespace {

/// Of a pair, beside its bytes: the types of its items and their places in the page's table.
constexpr std::size_t kPairOverhead = 6;

}  // namespace

HashPageEdit::HashPageEdit(std::span<std::byte> page, std::uint32_t number) : page_{page}, number_{number}, pairs_{0} {
    const HashPage old{page};
    pairs_ = old.pairs();
    for (std::size_t i = 0; i < pairs_ && !long_key_; ++i) long_key_ = item(2 * i).kind != HashItem::Kind::bytes;
    // Where a long key has its place, only its other pages tell.
    if (!long_key_ && PageType{u8(page, 25)} == PageType::hash_unsorted) sort();
}

HashPageEdit::Item HashPageEdit::item(std::size_t item) const {
    const Bytes bytes = Bytes{page_}.subspan(begin_of(item), end_of(item) - begin_of(item));
    return {HashItem::Kind{u8(bytes, 0)}, {reinterpret_cast<const char*>(bytes.data()) + 1, bytes.size() - 1}};
}

std::size_t HashPageEdit::free_bytes() const { return end_of(2 * pairs_) - (kPageHeader + 4 * pairs_); }

/// Pages of libdb before 4.6.
void HashPageEdit::sort() {
    std::vector<std::byte> old{page_.begin(), page_.end()};
    HashPageEdit unsorted{*this};
    unsorted.page_ = old;
    std::ranges::fill(page_.subspan(kPageHeader), std::byte{0});
    pairs_ = 0;
    for (std::size_t i = 0; i < unsorted.pairs_; ++i)
        insert(place_for(unsorted.key(i)), unsorted.item(2 * i), unsorted.item(2 * i + 1));
}

/// Not by the order, so that no key comes twice where a page is not in it.
std::optional<std::size_t> HashPageEdit::find(std::string_view key) const {
    for (std::size_t pair = 0; pair < pairs_; ++pair)
        if (this->key(pair) == key) return pair;
    return std::nullopt;
}

std::size_t HashPageEdit::place_for(std::string_view key) const {
    const auto all = std::views::iota(std::size_t{0}, pairs_);
    const auto of = [this](std::size_t pair) { return this->key(pair); };
    return static_cast<std::size_t>(std::ranges::lower_bound(all, key, precedes, of) - all.begin());
}

bool HashPageEdit::put(std::string_view key, std::string_view datum) {
    if (long_key_ || std::max(key.size(), datum.size()) > page_.size() / 4) return false;
    const auto present = find(key);
    if (!present) {
        if (key.size() + datum.size() + kPairOverhead > free_bytes()) return false;
        insert(place_for(key), {HashItem::Kind::bytes, key}, {HashItem::Kind::bytes, datum});
        return true;
    }
    const Item old = item(2 * *present + 1);
    if (old.kind != HashItem::Kind::bytes || datum.size() > old.bytes.size() + free_bytes()) return false;
    replace_datum(*present, datum);
    return true;
}

bool HashPageEdit::erase(std::string_view key) {
    if (long_key_) return false;
    const auto present = find(key);
    if (!present) return true;
    if (item(2 * *present + 1).kind != HashItem::Kind::bytes) return false;
    remove(*present);
    return true;
}

/// All items from `item` on, which lie in one piece; up where `bytes` is negative. What they leave becomes zeros.
void HashPageEdit::move_down(std::size_t item, std::ptrdiff_t bytes) {
    const std::size_t begin = end_of(2 * pairs_);
    const std::size_t length = end_of(item) - begin;
    const auto to = static_cast<std::size_t>(static_cast<std::ptrdiff_t>(begin) - bytes);
    std::memmove(page_.data() + to, page_.data() + begin, length);
    if (bytes < 0) std::ranges::fill(page_.subspan(begin, to - begin), std::byte{0});
    for (; item < 2 * pairs_; ++item)
        write_number(kPageHeader + 2 * item, static_cast<std::uint16_t>(static_cast<std::ptrdiff_t>(begin_of(item)) - bytes));
}

void HashPageEdit::write(std::size_t item, std::size_t begin, const Item& what) {
    write_number(kPageHeader + 2 * item, static_cast<std::uint16_t>(begin));
    write_number(begin, what.kind);
    what.bytes.copy(reinterpret_cast<char*>(page_.data()) + begin + 1, what.bytes.size());
}

void HashPageEdit::insert(std::size_t pair, const Item& key, const Item& datum) {
    const std::size_t end = end_of(2 * pair);
    move_down(2 * pair, static_cast<std::ptrdiff_t>(key.size() + datum.size()));
    std::byte* const places = page_.data() + kPageHeader + 4 * pair;
    std::memmove(places + 4, places, 4 * (pairs_ - pair));
    ++pairs_;
    write(2 * pair, end - key.size(), key);
    write(2 * pair + 1, end - key.size() - datum.size(), datum);
    write_header();
}

void HashPageEdit::replace_datum(std::size_t pair, std::string_view datum) {
    const Item now{HashItem::Kind::bytes, datum};
    const std::size_t place = 2 * pair + 1;
    const std::size_t begin = end_of(place) - now.size();
    move_down(place + 1, static_cast<std::ptrdiff_t>(begin_of(place)) - static_cast<std::ptrdiff_t>(begin));
    write(place, begin, now);
    write_header();
}

void HashPageEdit::remove(std::size_t pair) {
    move_down(2 * pair + 2, -static_cast<std::ptrdiff_t>(item(2 * pair).size() + item(2 * pair + 1).size()));
    std::byte* const places = page_.data() + kPageHeader + 4 * pair;
    --pairs_;
    std::memmove(places, places + 4, 4 * (pairs_ - pair));
    std::ranges::fill(page_.subspan(kPageHeader + 4 * pairs_, 4), std::byte{0});
    write_header();
}

template <class Number>
void HashPageEdit::write_number(std::size_t offset, Number number) {
    std::memcpy(page_.data() + offset, &number, sizeof number);
}

void HashPageEdit::write_header() {
    write_number(8, number_);
    write_number(20, static_cast<std::uint16_t>(2 * pairs_));
    write_number(22, static_cast<std::uint16_t>(end_of(2 * pairs_)));
    write_number(25, PageType::hash);
}

}  // namespace relay
