// The AddressTables of all pages of a file in one block of memory, each replaced alone.
//
// All are as large as the fullest page needs, so that a page's number tells where its table lies: a look-up waits for
// memory once, at a place that it can name beforehand. The block asks for huge pages. Who shares it between threads
// locks it.
#pragma once

#include <sys/mman.h>

#include <algorithm>
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
        added_.insert(added_.end(), entries.begin(), entries.end());
        ends_.push_back(added_.size());
    }
    /// After the last: makes the tables. Pages behind the last entry get none: libdb makes as many pages as there are at
    /// once, and takes them into use one by one.
    void settle() {
        std::size_t fullest = 0;
        for (std::size_t page = 0; page < ends_.size(); ++page) {
            if (added(page).empty()) continue;
            fullest = std::max(fullest, added(page).size());
            tables_ = page + 1;
        }
        of_one_ = Table::lines_for(fullest);
        lines_.reserve(tables_ * of_one_);
        ask_for_huge_pages();
        lines_.resize(tables_ * of_one_);
        for (std::size_t page = 0; page < tables_; ++page) Table::fill(lines(page), added(page));
        Entries{}.swap(added_);
        std::vector<std::size_t>{}.swap(ends_);
    }
    /// False where there is no room for so many, and the tables must be made anew. Takes no memory.
    [[nodiscard]] bool replace(std::size_t page, const Entries& entries) noexcept {
        if (page >= tables_) return entries.empty();
        if (entries.size() > of_one_ * Table::kInLine) return false;
        Table::fill(lines(page), entries);
        return true;
    }

    /// After settle().
    [[nodiscard]] Table of(std::size_t page) const {
        if (page >= tables_) return Table{{}};
        return Table{std::span{lines_}.subspan(page * of_one_, of_one_)};
    }

private:
    using Line = typename Table::Line;
    static constexpr std::size_t kHugePage = std::size_t{2} << 20;

    [[nodiscard]] std::span<const typename Entries::value_type> added(std::size_t page) const {
        const std::size_t begin = page == 0 ? 0 : ends_[page - 1];
        return std::span{added_}.subspan(begin, ends_[page] - begin);
    }
    [[nodiscard]] std::span<Line> lines(std::size_t page) { return std::span{lines_}.subspan(page * of_one_, of_one_); }

    /// Only the whole ones inside, before they are written; where the system has none, nothing is lost.
    void ask_for_huge_pages() const {
        const auto begin = (reinterpret_cast<std::uintptr_t>(lines_.data()) + kHugePage - 1) / kHugePage * kHugePage;
        const auto end = reinterpret_cast<std::uintptr_t>(lines_.data() + lines_.capacity()) / kHugePage * kHugePage;
        if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
    }

    Entries added_;                  ///< Until settle(): those of all pages.
    std::vector<std::size_t> ends_;  ///< Where in them those of each page end.
    std::size_t tables_ = 0;         ///< Of the first pages; on all others is nothing.
    std::size_t of_one_ = 0;         ///< Lines of one table.
    std::vector<Line> lines_;
};

}  // namespace relay
