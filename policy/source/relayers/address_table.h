// Addresses and one number each, packed: 16 bytes an IPv4 entry, found in one or two cache lines.
//
// An open-addressed table that is built once, and may hold an address more than once. Immutable, so any thread.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

namespace relay {

template <std::size_t kBytes>
class AddressTable {
public:
    using Key = std::array<std::uint8_t, kBytes>;
    using Entries = std::vector<std::pair<Key, std::uint64_t>>;

    AddressTable() = default;
    /// Numbers below 2^64 - 1.
    explicit AddressTable(const Entries& entries) {
        if (entries.empty()) return;
        slots_.assign(entries.size() * 4 / 3 + 1, Slot{{}, std::bit_cast<Number>(kFree)});
        for (const auto& [key, number] : entries) {
            std::size_t at = home(key);
            while (std::bit_cast<std::uint64_t>(slots_[at].number) != kFree) at = after(at);
            slots_[at] = {key, std::bit_cast<Number>(number)};
        }
    }

    [[nodiscard]] bool empty() const { return slots_.empty(); }

    /// Calls `use` with each number of `key`.
    template <class Use>
    void each_of(const Key& key, Use use) const {
        if (slots_.empty()) return;
        for (std::size_t at = home(key);; at = after(at)) {
            const auto number = std::bit_cast<std::uint64_t>(slots_[at].number);
            if (number == kFree) return;
            if (slots_[at].key == key) use(number);
        }
    }
    /// Has the memory brought in that each_of(key) will look at.
    void prefetch(const Key& key) const {
        if (!slots_.empty()) __builtin_prefetch(&slots_[home(key)]);
    }
    /// Calls `use` with each key and number.
    template <class Use>
    void each(Use use) const {
        for (const Slot& slot : slots_)
            if (const auto number = std::bit_cast<std::uint64_t>(slot.number); number != kFree) use(slot.key, number);
    }

private:
    static constexpr std::uint64_t kFree = ~std::uint64_t{0};
    using Number = std::array<std::byte, 8>;  // Without the alignment that would make a slot of 12 bytes one of 16.
    struct Slot {
        Key key;
        Number number;
    };

    /// There is always a free slot, at which a search ends.
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

    std::vector<Slot> slots_;
};

}  // namespace relay
