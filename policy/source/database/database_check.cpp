#include "policy/source/database/database_check.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <vector>

#include "policy/source/database/database_page.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"

namespace relay {
namespace {

void require(bool condition, const char* otherwise) {
    if (!condition) throw std::runtime_error{otherwise};
}

bool is_hash(PageType type) {
    return type == PageType::hash || type == PageType::hash_unsorted;
}

/// Reads until `into` is full; what is missing stays as it is and is told by the count.
std::size_t read_at(const LockedFile& file, std::uint64_t offset, std::span<std::byte> into) {
    std::size_t filled = 0;
    while (filled < into.size()) {
        const ssize_t got = ::pread(file.descriptor(), into.data() + filled, into.size() - filled,
                                    static_cast<off_t>(offset + filled));
        if (got == 0) break;
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw system_fault(file.path(), "read", errno);
        filled += static_cast<std::size_t>(got);
    }
    return filled;
}

MetaPage meta_of(const LockedFile& file, std::uint64_t size) {
    require(size != 0, "is empty (0 bytes), so it is being written or its writer was stopped");
    std::array<std::byte, kMetaBytes> bytes{};
    require(read_at(file, 0, bytes) == bytes.size(), "is too short for a database");
    MetaPage meta = read_meta_page(bytes);
    require(size % meta.page_size == 0 && size / meta.page_size > meta.last_page, "is cut short");
    return meta;
}

/// All pages of the file as they refer to each other. Page 0 is the meta page, and also says "none".
class Pages {
public:
    Pages(const LockedFile& file, MetaPage meta) : meta_{std::move(meta)}, links_(meta_.last_page + std::size_t{1}) {
        const std::size_t at_once = std::max<std::size_t>(1, 65536 / meta_.page_size);
        std::vector<std::byte> buffer(at_once * meta_.page_size);
        for (std::size_t first = 0; first < links_.size(); first += at_once) {
            const std::size_t pages = std::min(at_once, links_.size() - first);
            const std::span part{buffer.data(), pages * meta_.page_size};
            require(read_at(file, std::uint64_t{first} * meta_.page_size, part) == part.size(), "is cut short");
            for (std::size_t i = first == 0 ? 1 : 0; i < pages; ++i)
                links_[first + i] = read_page(part.subspan(i * meta_.page_size, meta_.page_size),
                                              static_cast<std::uint32_t>(first + i), meta_.hash, references_);
        }
    }

    void check() const {
        for (std::uint32_t page = 1; page < links_.size(); ++page) check_next(page);
        for (const PageReference& reference : references_)
            reference.overflow ? check_overflow(reference.to) : check_child(reference);
        meta_.hash ? check_buckets() : check_tree();
    }

private:
    [[nodiscard]] const PageLinks& at(std::uint32_t page) const {
        require(page != 0 && page < links_.size(), "a page refers to one outside the file");
        return links_[page];
    }

    /// With this for each page, a chain that begins at a page without a previous one cannot be a ring.
    void check_next(std::uint32_t page) const {
        const PageLinks& links = links_[page];
        if (links.type == PageType::invalid || links.type == PageType::btree_internal || links.next == 0) return;
        const PageLinks& next = at(links.next);
        const bool same_kind = next.type == links.type || (is_hash(next.type) && is_hash(links.type));
        require(next.previous == page && same_kind, "the links between its pages are damaged");
    }

    void check_overflow(std::uint32_t page) const {
        require(at(page).type == PageType::overflow && at(page).previous == 0, "a long item is damaged");
    }

    /// Levels go down by one, so that a search ends.
    void check_child(const PageReference& reference) const {
        const PageLinks& child = at(reference.to);
        const bool leaf = child.type == PageType::btree_leaf;
        require((leaf || child.type == PageType::btree_internal) && child.level + 1 == at(reference.from).level
                    && leaf == (child.level == 1), "the levels of its tree are damaged");
    }

    void check_buckets() const {
        std::vector<bool> taken(links_.size());
        for (std::uint32_t bucket = 0; bucket <= meta_.max_bucket; ++bucket) {
            const auto group = static_cast<std::size_t>(std::bit_width(bucket));
            const std::uint32_t page = bucket + meta_.spares[std::min<std::size_t>(group, 31)];
            const PageLinks& links = at(page);
            require(!taken[page] && links.type != PageType::overflow && links.previous == 0,
                    "its table of buckets is damaged");
            taken[page] = true;
        }
    }

    void check_tree() const {
        std::uint32_t page = meta_.root;
        require(at(page).type == PageType::btree_leaf || at(page).type == PageType::btree_internal,
                "the root of its tree is damaged");
        require((at(page).type == PageType::btree_leaf) == (at(page).level == 1), "the levels of its tree are damaged");
        while (at(page).type == PageType::btree_internal) page = first_child(page);
        require(at(page).previous == 0, "the links between its pages are damaged");
    }

    /// References are in the order of pages and items.
    [[nodiscard]] std::uint32_t first_child(std::uint32_t page) const {
        const auto first = std::lower_bound(references_.begin(), references_.end(), page,
                                            [](const PageReference& r, std::uint32_t p) { return r.from < p; });
        const auto child = std::find_if(first, references_.end(), [](const PageReference& r) { return !r.overflow; });
        require(child != references_.end() && child->from == page, "the levels of its tree are damaged");
        return child->to;
    }

    MetaPage meta_;
    std::vector<PageLinks> links_;
    std::vector<PageReference> references_;
};

}  // namespace

void DatabaseCheck::require_sound(const LockedFile& file) {
    const FileStamp stamp = file.stamp();
    {
        const std::lock_guard guard{mutex_};
        if (sound_ == stamp) return;
    }
    try {
        const MetaPage meta = meta_of(file, static_cast<std::uint64_t>(stamp.size));
        Pages{file, meta}.check();
    } catch (const Fault&) {
        throw;
    } catch (const std::runtime_error& error) {
        throw Fault{Trouble::damaged, escaped(file.path()) + ": " + error.what()};
    }
    const std::lock_guard guard{mutex_};
    if (stamp.settled()) sound_ = stamp;
}

}  // namespace relay
