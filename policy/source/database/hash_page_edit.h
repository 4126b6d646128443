// A page of a Berkeley DB hash file, changed where it lies: what one write of it can do, and nothing that would need
// another page.
//
// The page is left as libdb would leave it: keys in libdb's order, items without gaps from the page's end down; but no
// byte of what was erased. Format: Berkeley DB 4.6 to 5.3, dbinc/db_page.h of its source.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "policy/source/database/hash_page.h"

namespace relay {

class HashPageEdit {
public:
    /// `page`, which must outlive this, is number `number` of its file, or a hole there. Throws std::runtime_error where
    /// it is damaged.
    HashPageEdit(std::span<std::byte> page, std::uint32_t number);

    /// False, and nothing is changed, where that is more than a change of this page: there is no room, an item is long
    /// (longer than a quarter of the page), or the pair has several data.
    bool put(std::string_view key, std::string_view datum);
    /// The same; true where there is no such key.
    bool erase(std::string_view key);

    [[nodiscard]] std::size_t pairs() const { return pairs_; }

private:
    struct Item {
        HashItem::Kind kind;
        std::string_view bytes;  ///< Without its type.
        [[nodiscard]] std::size_t size() const { return bytes.size() + 1; }
    };
    // Items by their index in the page's table: those of pair i are 2i (its key) and 2i + 1.
    [[nodiscard]] std::size_t begin_of(std::size_t item) const { return u16(page_, kPageHeader + 2 * item); }
    [[nodiscard]] std::size_t end_of(std::size_t item) const { return item == 0 ? page_.size() : begin_of(item - 1); }
    [[nodiscard]] Item item(std::size_t item) const;
    [[nodiscard]] std::string_view key(std::size_t pair) const { return item(2 * pair).bytes; }
    [[nodiscard]] std::size_t free_bytes() const;

    void sort();
    [[nodiscard]] std::optional<std::size_t> find(std::string_view key) const;
    [[nodiscard]] std::size_t place_for(std::string_view key) const;
    void move_down(std::size_t item, std::ptrdiff_t bytes);
    void write(std::size_t item, std::size_t begin, const Item& what);
    void insert(std::size_t pair, const Item& key, const Item& datum);
    void replace_datum(std::size_t pair, std::string_view datum);
    void remove(std::size_t pair);
    void write_header();
    template <class Number>
    void write_number(std::size_t offset, Number number);

    std::span<std::byte> page_;
    std::uint32_t number_;
    std::size_t pairs_;
    bool long_key_ = false;
};

}  // namespace relay
