#include "policy/source/database/database_structure.h"

#include <algorithm>

#include "policy/source/database/page_bytes.h"

namespace relay {
namespace {

bool is_hash(PageType type) {
    return type == PageType::hash || type == PageType::hash_unsorted;
}

/// All pages of the file as they refer to each other. Page 0 is the meta page, and also says "none".
class Pages {
public:
    Pages(const MetaPage& meta, const std::vector<PageLinks>& links, const std::vector<PageReference>& references)
        : meta_{meta}, links_{links}, references_{references} {}

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
            const std::uint32_t page = meta_.page_of_bucket(bucket);
            const PageLinks& links = at(page);
            const bool unused_with_more = links.type == PageType::invalid && links.next != 0;
            require(!taken[page] && links.type != PageType::overflow && links.previous == 0 && !unused_with_more,
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

    const MetaPage& meta_;
    const std::vector<PageLinks>& links_;
    const std::vector<PageReference>& references_;
};

}  // namespace

void check_structure(const MetaPage& meta, const std::vector<PageLinks>& links, const std::vector<PageReference>& references) {
    Pages{meta, links, references}.check();
}

}  // namespace relay
