// The AddressTables of all pages of a file in one block of memory, each replaced alone.
//
// Where a page's table lies takes 8 bytes, so that the places of a million entries fit a processor's cache, and the block
// asks for huge pages: a look-up waits for memory once. Who shares it between threads locks it.
#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <vector>

#include "policy/source/relayers/address_table.h"

namespace relay {

template <std::size_t kBytes>
class PageTables {
public:
    using Table = AddressTable<kBytes>;
    using Entries = typename Table::Entries;

    /// The table of the next page, from page 0 on.
    void add(const Entries& entries) {
        places_.push_back({});
        room_.push_back(0);
        append(places_.size() - 1, entries);
    }
    /// After the last: makes room for what pages will grow by.
    void settle() {
        Slots all;
        all.reserve(slots_.size() + slots_.size() / 8 + kLeastRoom);
        ask_for_huge_pages(all);
        all.insert(all.end(), slots_.begin(), slots_.end());
        slots_.swap(all);
    }
    /// False where there is no room left, and the tables must be made anew. Takes no memory.
    [[nodiscard]] bool replace(std::size_t page, const Entries& entries) noexcept {
        const std::size_t needed = Table::slots_for(entries.size());
        if (needed > room_[page]) {
            if (needed > slots_.capacity() - slots_.size()) return false;
            append(page, entries);
            return true;
        }
        places_[page].size = static_cast<std::uint32_t>(needed);
        Table::fill(std::span{slots_}.subspan(places_[page].at, needed), entries);
        return true;
    }

    [[nodiscard]] std::size_t pages() const { return places_.size(); }
    [[nodiscard]] Table of(std::size_t page) const {
        return Table{std::span{slots_}.subspan(places_[page].at, places_[page].size)};
    }

private:
    using Slots = std::vector<typename Table::Slot>;
    static constexpr std::size_t kLeastRoom = 4096;
    static constexpr std::size_t kHugePage = std::size_t{2} << 20;

    struct Place {
        std::uint32_t at = 0;
        std::uint32_t size = 0;
    };

    void append(std::size_t page, const Entries& entries) {
        const std::size_t needed = Table::slots_for(entries.size());
        places_[page] = {static_cast<std::uint32_t>(slots_.size()), static_cast<std::uint32_t>(needed)};
        room_[page] = places_[page].size;
        slots_.resize(slots_.size() + needed);
        Table::fill(std::span{slots_}.last(needed), entries);
    }
    /// Only the whole ones inside; where the system has none, nothing is lost.
    static void ask_for_huge_pages(const Slots& slots) {
        const auto begin = (reinterpret_cast<std::uintptr_t>(slots.data()) + kHugePage - 1) / kHugePage * kHugePage;
        const auto end = reinterpret_cast<std::uintptr_t>(slots.data() + slots.capacity()) / kHugePage * kHugePage;
        if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
    }

    std::vector<Place> places_;
    std::vector<std::uint32_t> room_;  ///< The slots that a page may fill where it lies.
    Slots slots_;
};

}  // namespace relay
