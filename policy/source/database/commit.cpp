#include "policy/source/database/commit.h"

#include "policy/source/database/page_io.h"
#include "policy/source/database/replacement.h"
#include "policy/source/database/rewrite.h"

namespace relay {
namespace {

/// A change of more records takes so long that somebody may want to end it, and so much memory for its pages.
constexpr std::size_t kMostInPlace = 5000;

/// Every record of the file as it is after `changes`.
EachRecord changed(Records& old, const Changes& changes) {
    return [&old, &changes](const UseRecord& use) {
        old.each([&](std::string_view key, std::string_view datum) {
            if (!changes.contains(key)) use(key, datum);
        });
        for (const auto& [key, datum] : changes)
            if (datum) use(key, *datum);
    };
}

std::optional<InPlace> plan_in_place(Records& records, const Changes& changes) {
    if (!records.hash() || changes.size() > kMostInPlace) return std::nullopt;
    return InPlace::plan(*records.hash(), changes);
}

}  // namespace

std::optional<LateTouch> apply(const LockedFile& file, Records& records, const Changes& changes, Watch& watch) {
    watch.begin();
    const auto plan = plan_in_place(records, changes);
    if (!plan) return rewrite(file, records.hash() != nullptr, changed(records, changes), watch);
    watch.commit();
    remove_leftover_beside(file);
    const timespec previous = file.stamp().modified;
    RecentChanges recent{file};
    recent.add(plan->pages());
    plan->carry_out(file);
    // Before the disk is waited for: what anybody writes without the lock in that time is seen to be somebody else's.
    auto touch = move_time_on(file, previous, recent);
    sync_bytes(file);
    return touch;
}

}  // namespace relay
