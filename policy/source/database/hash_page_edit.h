// A page of a Berkeley DB hash file, changed: what one write of it can do, and nothing that would need another page.
//
// The page is laid out anew from its pairs, as libdb would leave it: keys in libdb's order, items from the page's end
// down; but no byte of what was erased. What put() and erase() are given must outlive it.
// Format: Berkeley DB 4.6 to 5.3, dbinc/db_page.h of its source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "policy/source/database/hash_page.h"

namespace relay {

class HashPageEdit {
public:
    /// `page`, which must outlive this, is number `number` of its file. Throws std::runtime_error where it is damaged.
    HashPageEdit(Bytes page, std::uint32_t number);

    /// False, and nothing is changed, where that is more than a change of this page: there is no room, an item is long
    /// (longer than a quarter of the page), or the pair has several data.
    bool put(std::string_view key, std::string_view datum);
    /// The same; true where there is no such key.
    bool erase(std::string_view key);

    [[nodiscard]] std::size_t pairs() const { return pairs_.size(); }
    /// Writes the page as it is now; `into` is as long as the page, and not the same memory.
    void write(std::span<std::byte> into) const;

private:
    struct Item {
        HashItem::Kind kind;
        std::string_view bytes;  ///< Without its type.
    };
    struct Pair {
        Item key;
        Item datum;
        [[nodiscard]] std::size_t size() const;
    };
    static Item item(Bytes bytes);
    [[nodiscard]] std::vector<Pair>::iterator find(std::string_view key);

    Bytes page_;
    std::uint32_t number_;
    std::vector<Pair> pairs_;
    std::size_t free_;
    bool long_key_ = false;
};

}  // namespace relay
