// Changes of a hash file that are each one write of one page: no crash at any moment, nor a power cut that loses some
// of the writes, leaves more or less than whole changes.
//
// We write these pages ourselves. libdb would open the file by its name, look at pages of its own choice and split
// buckets, which takes several writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/source/database/hash_file.h"
#include "policy/source/database/locked_file.h"

namespace relay {

/// What becomes of keys: the datum of each, or nothing where it goes. All are final, none depends on another.
using Changes = std::map<std::string, std::optional<std::string>, std::less<>>;

class InPlace {
public:
    /// Nothing where one of `changes` is more than a write of its page: it has no room, pages follow it in its bucket,
    /// or an item is long. What goes makes no room for what comes. Throws Fault where one of these pages is damaged.
    static std::optional<InPlace> plan(HashFile& file, const Changes& changes);

    /// Everything is written when it returns, for sync_bytes() to bring it to disk; what is put was there before anything
    /// was erased: an entry that moves to another key is not lost in between. `file` is the one that was planned for, still
    /// locked exclusively. Throws Fault; then some of the changes may have been made.
    void carry_out(const LockedFile& file) const;
    /// The numbers of the pages that it changes, but for the meta page; some twice.
    [[nodiscard]] std::vector<std::uint32_t> pages() const;

private:
    struct PageWrite {
        std::uint32_t bucket;
        std::uint32_t number;
        std::size_t before;  ///< Where in bytes_ the page is as it was; behind it, as it is to be.
    };
    using ByBucket = std::map<std::uint32_t, std::vector<const Changes::value_type*>>;
    /// `pages`: the most that will be written.
    InPlace(const MetaPage& meta, std::size_t pages);
    bool stage(HashFile& file, const ByBucket& changes, std::vector<PageWrite>& writes);

    [[nodiscard]] Bytes before(const PageWrite& write) const { return {&bytes_[write.before], page_size_}; }
    [[nodiscard]] Bytes after(const PageWrite& write) const { return {&bytes_[write.before + page_size_], page_size_}; }
    void write(const LockedFile& file, const std::vector<PageWrite>& writes) const;

    std::size_t page_size_;
    std::int64_t entries_before_;
    std::int64_t entries_;
    std::vector<PageWrite> puts_;
    std::vector<PageWrite> erasures_;
    std::unique_ptr<std::byte[]> bytes_;  ///< All pages in one piece, which the allocator keeps for the next time.
};

}  // namespace relay
