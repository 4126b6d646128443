// Addresses and one number each, five to a line: one cache line for IPv4, two for IPv6, and an address is nearly always
// in the line where it is looked for first.
//
// A hash table in memory of its owner's, filled once; it may hold an address more than once.
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

    static constexpr std::size_t kCacheLine = 64;
    static constexpr std::size_t kInLine = 5;

    struct alignas(kCacheLine) Line {
        std::array<Key, kInLine> keys;
        std::uint8_t used = 0;
        bool passed = false;  ///< It was full, so that an address which belongs here went to the next.
        std::array<std::uint64_t, kInLine> numbers;
    };
    static_assert(sizeof(Line) % kCacheLine == 0 && sizeof(Line) < kInLine * (kBytes + 8) + kCacheLine);

    /// Looks at a table that fill() made; the lines must outlive it.
    explicit AddressTable(std::span<const Line> lines) : lines_{lines} {}

    /// The lines with which a table of so many entries is four fifths full.
    static constexpr std::size_t lines_for(std::size_t entries) {
        return entries == 0 ? 0 : entries / (kInLine - 1) + 1;
    }

    /// Makes `lines`, at least a fifth as many as `entries`, a table of them.
    static void fill(std::span<Line> lines, std::span<const typename Entries::value_type> entries) {
        for (Line& line : lines) line.used = line.passed = false;
        const AddressTable table{lines};
        for (const auto& [key, number] : entries) {
            std::size_t at = table.home(key);
            for (; lines[at].used == kInLine; at = table.after(at)) lines[at].passed = true;
            Line& line = lines[at];
            line.keys[line.used] = key;
            line.numbers[line.used++] = number;
        }
    }

    /// Calls `use` with each number of `key`.
    template <class Use>
    void each_of(const Key& key, Use use) const {
        std::size_t at = lines_.empty() ? 0 : home(key);
        for (std::size_t seen = 0; seen < lines_.size(); ++seen, at = after(at)) {
            for (unsigned same = places_of(key, lines_[at]); same != 0; same &= same - 1)
                use(lines_[at].numbers[static_cast<std::size_t>(std::countr_zero(same))]);
            if (!lines_[at].passed) return;
        }
    }
    /// Calls `use` with each key and number.
    template <class Use>
    void each(Use use) const {
        for (const Line& line : lines_)
            for (std::size_t at = 0; at < line.used; ++at) use(line.keys[at], line.numbers[at]);
    }
    /// Has the memory brought in that each_of(key) looks at first. (GCC drops calls of a function that only prefetches.)
    [[gnu::always_inline]] void prefetch(const Key& key) const {
        if (lines_.empty()) return;
        const auto* first = reinterpret_cast<const char*>(&lines_[home(key)]);
        for (std::size_t at = 0; at < sizeof(Line); at += kCacheLine) __builtin_prefetch(first + at);
    }

private:
    /// Where in `line` the key is, a bit each; without a branch for each of them, which nobody could foretell.
    static unsigned places_of(const Key& key, const Line& line) {
        unsigned same = 0;
        for (std::size_t at = 0; at < kInLine; ++at) same |= static_cast<unsigned>(line.keys[at] == key) << at;
        return same & ((1U << line.used) - 1);
    }
    [[nodiscard]] std::size_t home(const Key& key) const {
        std::uint64_t mixed = 0;
        for (std::size_t at = 0; at < kBytes; at += 4) {
            std::uint32_t part = 0;
            std::memcpy(&part, key.data() + at, sizeof part);
            mixed = (mixed ^ part) * 0x9e3779b97f4a7c15U;
            mixed ^= mixed >> 29;
        }
        return static_cast<std::size_t>((mixed * 0x9e3779b97f4a7c15U >> 32) * lines_.size() >> 32);  // Below 2^32 lines.
    }
    [[nodiscard]] std::size_t after(std::size_t at) const { return at + 1 == lines_.size() ? 0 : at + 1; }

    std::span<const Line> lines_;
};

}  // namespace relay
