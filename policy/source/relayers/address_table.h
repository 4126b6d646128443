// Addresses and one number each, packed: 12 bytes a slot for IPv4, found in one or two cache lines.
//
// An open-addressed table in memory of its owner's, filled once; it may hold an address more than once.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace relay {

template <std::size_t kBytes>
class AddressTable {
public:
    using Key = std::array<std::uint8_t, kBytes>;
    using Entries = std::vector<std::pair<Key, std::uint64_t>>;

    struct Slot {
        Key key;
        std::array<std::byte, 8> number;  ///< Without the alignment that would make a slot of 12 bytes one of 16.
    };

    /// Looks at a table that fill() made; the slots must outlive it.
    explicit AddressTable(std::span<const Slot> slots) : slots_{slots} {}

    /// The slots that a table of so many entries needs: one of them is always free, at which a search ends.
    static constexpr std::size_t slots_for(std::size_t entries) { return entries == 0 ? 0 : entries * 5 / 3 + 1; }

    /// Makes `slots`, at least slots_for(entries.size()), a table of `entries`. Numbers below 2^64 - 1.
    static void fill(std::span<Slot> slots, const Entries& entries) {
        std::ranges::fill(slots, Slot{{}, std::bit_cast<std::array<std::byte, 8>>(kFree)});
        const AddressTable table{slots};
        for (const auto& [key, number] : entries) {
            std::size_t at = table.home(key);
            while (table.number(at) != kFree) at = table.after(at);
            slots[at] = {key, std::bit_cast<std::array<std::byte, 8>>(number)};
        }
    }

    /// Calls `use` with each number of `key`.
    template <class Use>
    void each_of(const Key& key, Use use) const {
        if (slots_.empty()) return;
        for (std::size_t at = home(key);; at = after(at)) {
            if (number(at) == kFree) return;
            if (slots_[at].key == key) use(number(at));
        }
    }
    /// Calls `use` with each key and number.
    template <class Use>
    void each(Use use) const {
        for (std::size_t at = 0; at < slots_.size(); ++at)
            if (number(at) != kFree) use(slots_[at].key, number(at));
    }
    /// Has the memory brought in that each_of(key) looks at first. (GCC drops calls of a function that only prefetches.)
    [[gnu::always_inline]] void prefetch(const Key& key) const {
        if (slots_.empty()) return;
        const auto* first = reinterpret_cast<const char*>(&slots_[home(key)]);
        __builtin_prefetch(first);
        __builtin_prefetch(first + kCacheLine);
    }

private:
    static constexpr std::size_t kCacheLine = 64;
    static constexpr std::uint64_t kFree = ~std::uint64_t{0};

    [[nodiscard]] std::uint64_t number(std::size_t at) const { return std::bit_cast<std::uint64_t>(slots_[at].number); }
    [[nodiscard]] std::size_t home(const Key& key) const {
        std::uint64_t mixed = 0;
        for (std::size_t at = 0; at < kBytes; at += 4) {
            std::uint32_t part = 0;
            std::memcpy(&part, key.data() + at, sizeof part);
            mixed = (mixed ^ part) * 0x9e3779b97f4a7c15U;
            mixed ^= mixed >> 29;
        }
        return static_cast<std::size_t>((mixed * 0x9e3779b97f4a7c15U >> 32) * slots_.size() >> 32);  // Below 2^32 slots.
    }
    [[nodiscard]] std::size_t after(std::size_t at) const { return at + 1 == slots_.size() ? 0 : at + 1; }

    std::span<const Slot> slots_;
};

}  // namespace relay
