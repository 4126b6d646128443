#include "policy/source/database/in_place.h"

#include <algorithm>

#include "policy/source/database/hash_page_edit.h"
#include "policy/source/database/page_write.h"

namespace relay {
namespace {

/// A page that could not be written whole gets its old bytes back.
template <class PageWrites>
void write_pages(const LockedFile& file, const PageWrites& writes) {
    for (const auto& page : writes)
        write_at(file, std::uint64_t{page.number} * page.after.size(), page.after, page.before);
}

bool applied(HashPageEdit& page, const Changes::value_type& change) {
    return change.second ? page.put(change.first, *change.second) : page.erase(change.first);
}

}  // namespace

std::optional<InPlace> InPlace::plan(HashFile& file, const Changes& changes) {
    ByBucket puts;
    ByBucket erasures;
    for (const auto& change : changes)
        (change.second ? puts : erasures)[file.bucket_of(change.first)].push_back(&change);
    InPlace plan{file.meta()};
    if (!plan.stage(file, puts, plan.puts_) || !plan.stage(file, erasures, plan.erasures_)) return std::nullopt;
    return plan;
}

bool InPlace::stage(HashFile& file, const ByBucket& changes, std::vector<PageWrite>& writes) {
    for (const auto& [bucket, of_bucket] : changes) {
        const auto page = file.only_page(bucket);
        if (!page) return false;
        const std::uint32_t number = file.meta().page_of_bucket(bucket);
        PageWrite write{number, {page->begin(), page->end()}, std::vector<std::byte>(page->size())};
        const auto staged = std::ranges::lower_bound(puts_, number, {}, &PageWrite::number);
        if (staged != puts_.end() && staged->number == number) write.before = staged->after;
        HashPageEdit edit{write.before, number};
        const auto pairs = static_cast<std::int64_t>(edit.pairs());
        for (const auto* change : of_bucket)
            if (!applied(edit, *change)) return false;
        entries_ += static_cast<std::int64_t>(edit.pairs()) - pairs;
        edit.write(write.after);
        writes.push_back(std::move(write));
    }
    return true;
}

void InPlace::carry_out(const LockedFile& file) const {
    write_pages(file, puts_);
    if (!puts_.empty() && !erasures_.empty()) sync_bytes(file);
    write_pages(file, erasures_);
    if (entries_ != entries_before_) write_entries(file, entries_);
    sync_bytes(file);
}

}  // namespace relay
