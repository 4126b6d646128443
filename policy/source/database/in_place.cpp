#include "policy/source/database/in_place.h"

#include <algorithm>
#include <cstring>

#include "policy/source/database/hash_page_edit.h"
#include "policy/source/database/page_io.h"

namespace relay {
namespace {

bool applied(HashPageEdit& page, const Changes::value_type& change) {
    return change.second ? page.put(change.first, *change.second) : page.erase(change.first);
}

}  // namespace

std::optional<InPlace> InPlace::plan(HashFile& file, const Changes& changes) {
    ByBucket puts;
    ByBucket erasures;
    for (const auto& change : changes)
        (change.second ? puts : erasures)[file.bucket_of(change.first)].push_back(&change);
    InPlace plan{file.meta(), puts.size() + erasures.size()};
    const bool possible = named(file.pages().path(), [&] {
        return plan.stage(file, puts, plan.puts_) && plan.stage(file, erasures, plan.erasures_);
    });
    return possible ? std::optional{std::move(plan)} : std::nullopt;
}

InPlace::InPlace(const MetaPage& meta, std::size_t pages)
    : page_size_{meta.page_size}, entries_before_{meta.entries}, entries_{meta.entries},
      bytes_{std::make_unique_for_overwrite<std::byte[]>(pages * 2 * page_size_)} {}

bool InPlace::stage(HashFile& file, const ByBucket& changes, std::vector<PageWrite>& writes) {
    for (const auto& [bucket, of_bucket] : changes) {
        const auto page = file.only_page(bucket);
        if (!page) return false;
        const auto staged = std::ranges::lower_bound(puts_, bucket, {}, &PageWrite::bucket);
        const bool again = staged != puts_.end() && staged->bucket == bucket;
        const Bytes now = again ? after(*staged) : *page;
        const PageWrite write{bucket, file.meta().page_of_bucket(bucket), (puts_.size() + erasures_.size()) * 2 * page_size_};
        for (const std::size_t copy : {write.before, write.before + page_size_})
            std::memcpy(&bytes_[copy], now.data(), page_size_);
        HashPageEdit edit{{&bytes_[write.before + page_size_], page_size_}, write.number};
        const auto pairs = static_cast<std::int64_t>(edit.pairs());
        for (const auto* change : of_bucket)
            if (!applied(edit, *change)) return false;
        entries_ += static_cast<std::int64_t>(edit.pairs()) - pairs;
        writes.push_back(write);
    }
    return true;
}

/// A page that could not be written whole gets its old bytes back.
void InPlace::write(const LockedFile& file, const std::vector<PageWrite>& writes) const {
    for (const PageWrite& page : writes) write_at(file, std::uint64_t{page.number} * page_size_, after(page), before(page));
}

void InPlace::carry_out(const LockedFile& file) const {
    write(file, puts_);
    if (!puts_.empty() && !erasures_.empty()) sync_bytes(file);
    write(file, erasures_);
    if (entries_ != entries_before_) write_entries(file, entries_);
}

std::vector<std::uint32_t> InPlace::pages() const {
    std::vector<std::uint32_t> numbers;
    for (const auto* writes : {&puts_, &erasures_})
        for (const PageWrite& page : *writes) numbers.push_back(page.number);
    return numbers;
}

}  // namespace relay
