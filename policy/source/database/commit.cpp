#include "policy/source/database/commit.h"

#include <algorithm>

#include "policy/source/database/replacement.h"
#include "policy/source/database/rewrite.h"

namespace relay {
namespace {

/// A change of more records takes so long that somebody may want to end it.
constexpr std::size_t kMostInPlace = 20'000;

/// What the puts into one bucket need of its page.
struct Demand {
    std::size_t bytes = 0;
    std::size_t pairs = 0;
};

/// Adds what one change needs; false when it is no single write whatever room there is.
bool add_demand(HashFile& file, const std::string& key, const std::optional<std::string>& datum, Demand& demand) {
    const std::size_t longest = file.meta().page_size / 4;
    std::optional<std::size_t> old;
    file.each_under(key, [&old](std::string_view bytes) { old = bytes.size(); });
    if (key.size() > longest || old.value_or(0) > longest || (datum && datum->size() > longest)) return false;
    if (!datum) return true;
    const std::size_t bytes = old ? datum->size() - std::min(datum->size(), *old) : bytes_on_page(key, *datum);
    demand.bytes += bytes;
    demand.pairs += old ? 0 : 1;
    return true;
}

bool has_room(HashFile& file, std::uint32_t bucket, const Demand& demand) {
    const HashFile::Room room = file.room(bucket);
    const std::uint32_t most = file.meta().fill_factor;
    const bool splits = most != 0 && demand.pairs > 0 && room.pairs + demand.pairs > most;
    return !room.chained && demand.bytes <= room.free_bytes && !splits;
}

/// Every record of `file` as it is after `changes`.
EachRecord changed(Records& old, const Changes& changes) {
    return [&old, &changes](const UseRecord& use) {
        old.each([&](std::string_view key, std::string_view datum) {
            if (!changes.contains(key)) use(key, datum);
        });
        for (const auto& [key, datum] : changes)
            if (datum) use(key, *datum);
    };
}

}  // namespace

bool fits_in_place(HashFile& file, const Changes& changes) {
    std::map<std::uint32_t, Demand> demands;
    for (const auto& [key, datum] : changes)
        if (!add_demand(file, key, datum, demands[file.bucket_of(key)])) return false;
    for (const auto& [bucket, demand] : demands)
        if (!has_room(file, bucket, demand)) return false;
    return true;
}

std::optional<LateTouch> apply_in_place(const LockedFile& file, const Changes& changes) {
    const timespec previous = file.stamp().modified;
    Database database = Database::in_place(file, changes.size());
    bool erases = false;
    for (const auto& [key, datum] : changes) datum ? database.put(key, *datum) : static_cast<void>(erases = true);
    // An entry that moves to another key must not be lost: the new one is on disk before the old one goes.
    if (erases) database.sync();
    for (const auto& [key, datum] : changes)
        if (!datum) database.erase(key);
    database.commit();
    return move_time_on(file, previous);
}

std::optional<LateTouch> apply(const LockedFile& file, const Changes& changes, Watch& watch) {
    Records records{file, Database::Access::write};
    watch.begin();
    if (records.hash() && changes.size() <= kMostInPlace && fits_in_place(*records.hash(), changes)) {
        watch.commit();
        remove_leftover_beside(file);
        return apply_in_place(file, changes);
    }
    return rewrite(file, records.hash() != nullptr, changed(records, changes), watch);
}

}  // namespace relay
