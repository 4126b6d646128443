#include "policy/source/database/hash_page_edit.h"

#include <algorithm>
#include <cstring>

#include "policy/source/database/database_page.h"

namespace relay {
namespace {

/// libdb's order (__ham_getindex_sorted): by bytes, and of two keys the longer first where it begins with the other.
bool precedes(std::string_view one, std::string_view other) {
    const std::size_t both = std::min(one.size(), other.size());
    const int order = one.substr(0, both).compare(other.substr(0, both));
    return order != 0 ? order < 0 : one.size() > other.size();
}

template <class Number>
void put_number(std::span<std::byte> page, std::size_t offset, Number number) {
    std::memcpy(page.data() + offset, &number, sizeof number);
}

}  // namespace

/// With the types and the places in the page's table of items.
std::size_t HashPageEdit::Pair::size() const { return key.bytes.size() + datum.bytes.size() + 6; }

HashPageEdit::Item HashPageEdit::item(Bytes bytes) {
    return {HashItem::Kind{u8(bytes, 0)}, {reinterpret_cast<const char*>(bytes.data()) + 1, bytes.size() - 1}};
}

HashPageEdit::HashPageEdit(Bytes page, std::uint32_t number) : page_{page}, number_{number} {
    const HashPage old{page};
    pairs_.reserve(old.pairs() + 1);
    for (std::size_t i = 0; i < old.pairs(); ++i) pairs_.push_back({item(old.key_bytes(i)), item(old.datum_bytes(i))});
    free_ = old.free_bytes();
    long_key_ = std::ranges::any_of(pairs_, [](const Pair& pair) { return pair.key.kind != HashItem::Kind::bytes; });
    // Pages of libdb before 4.6 are not sorted. Where a long key has its place, only its other pages tell.
    const auto key = [](const Pair& pair) { return pair.key.bytes; };
    if (!long_key_ && !std::ranges::is_sorted(pairs_, precedes, key)) std::ranges::sort(pairs_, precedes, key);
}

std::vector<HashPageEdit::Pair>::iterator HashPageEdit::find(std::string_view key) {
    return std::ranges::lower_bound(pairs_, key, precedes, [](const Pair& pair) { return pair.key.bytes; });
}

bool HashPageEdit::put(std::string_view key, std::string_view datum) {
    if (long_key_ || std::max(key.size(), datum.size()) > page_.size() / 4) return false;
    const Pair pair{{HashItem::Kind::bytes, key}, {HashItem::Kind::bytes, datum}};
    const auto at = find(key);
    const bool present = at != pairs_.end() && at->key.bytes == key;
    if (present && at->datum.kind != HashItem::Kind::bytes) return false;
    const std::size_t room = free_ + (present ? at->size() : 0);
    if (pair.size() > room) return false;
    free_ = room - pair.size();
    present ? static_cast<void>(*at = pair) : static_cast<void>(pairs_.insert(at, pair));
    return true;
}

bool HashPageEdit::erase(std::string_view key) {
    if (long_key_) return false;
    const auto at = find(key);
    if (at == pairs_.end() || at->key.bytes != key) return true;
    if (at->datum.kind != HashItem::Kind::bytes) return false;
    free_ += at->size();
    pairs_.erase(at);
    return true;
}

void HashPageEdit::write(std::span<std::byte> into) const {
    std::ranges::fill(into, std::byte{0});
    std::ranges::copy(page_.first(kPageHeader), into.begin());
    put_number(into, 8, number_);
    put_number(into, 20, static_cast<std::uint16_t>(2 * pairs_.size()));
    put_number(into, 25, PageType::hash);
    std::size_t end = into.size();
    std::size_t place = kPageHeader;
    for (const Pair& pair : pairs_) {
        for (const Item& item : {pair.key, pair.datum}) {
            end -= item.bytes.size() + 1;
            put_number(into, end, item.kind);
            std::ranges::copy(std::as_bytes(std::span{item.bytes}), into.begin() + static_cast<std::ptrdiff_t>(end) + 1);
            put_number(into, place, static_cast<std::uint16_t>(end));
            place += 2;
        }
    }
    put_number(into, 22, static_cast<std::uint16_t>(end));
}

}  // namespace relay
