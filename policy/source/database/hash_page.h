// One page of a Berkeley DB hash file, its items bounded: pairs of key and datum, from the page's end down.
//
// A view: the bytes must outlive it. What is wrong is thrown as std::runtime_error, as "an item leaves its page".
#pragma once

#include <cstdint>
#include <string_view>

#include "policy/source/database/page_bytes.h"

namespace relay {

struct HashItem {
    enum class Kind : std::uint8_t {
        bytes = 1,       ///< H_KEYDATA: `bytes` is the item.
        duplicates = 2,  ///< H_DUPLICATE: several data of one key; see each_duplicate().
        overflow = 3,    ///< H_OFFPAGE: `length` bytes on overflow pages, the first of which is `page`.
    };
    Kind kind;
    std::string_view bytes;
    std::uint32_t page = 0;
    std::uint32_t length = 0;
};

class HashPage {
public:
    /// Looks at every item, so that the other functions cannot leave the page. A page of zeros (a hole of a pre-sized
    /// file) is one without items.
    explicit HashPage(Bytes page);

    [[nodiscard]] std::uint32_t number() const { return u32(page_, 8); }
    [[nodiscard]] std::uint32_t next() const { return u32(page_, 16); }
    [[nodiscard]] std::size_t pairs() const { return pairs_; }
    /// What libdb calls P_FREESPACE: a pair of inline items takes its bytes and 6 more.
    [[nodiscard]] std::size_t free_bytes() const;
    /// `pair` below pairs().
    [[nodiscard]] HashItem key(std::size_t pair) const { return item(2 * pair); }
    [[nodiscard]] HashItem datum(std::size_t pair) const { return item(2 * pair + 1); }
    /// The same as they stand there, each with its type before it.
    [[nodiscard]] Bytes key_bytes(std::size_t pair) const { return item_bytes(2 * pair); }
    [[nodiscard]] Bytes datum_bytes(std::size_t pair) const { return item_bytes(2 * pair + 1); }

private:
    [[nodiscard]] Bytes item_bytes(std::size_t index) const;
    [[nodiscard]] HashItem item(std::size_t index) const;

    Bytes page_;
    std::size_t pairs_;
};

/// libdb's order of keys on a page (__ham_getindex_sorted): by bytes, and of two keys the longer first where it begins
/// with the other.
bool precedes(std::string_view one, std::string_view other);

/// Calls `use` with each datum of an item of Kind::duplicates.
template <class Use>
void each_duplicate(std::string_view item, Use use) {
    const Bytes bytes = std::as_bytes(std::span{item});
    for (std::size_t at = 0; at < item.size();) {  // Each has its 16-bit length before and behind it.
        const std::size_t length = u16(bytes, at);
        require(at + length + 4 <= item.size() && u16(bytes, at + 2 + length) == length, "duplicates are damaged");
        use(item.substr(at + 2, length));
        at += length + 4;
    }
}

}  // namespace relay
