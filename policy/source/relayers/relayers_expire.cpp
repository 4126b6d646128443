// RelayersWriter::expire: in place, in slices between which logins get in, or by a rewrite where that is cheaper.
#include <algorithm>
#include <thread>

#include "policy/source/database/bucket_count.h"
#include "policy/source/database/rewrite.h"
#include "policy/source/relayers/relayers_keys.h"
#include "policy/source/relayers/relayers_writer.h"

namespace relay {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::sys_seconds;

/// The lock is held for so long at a time, and let go for as long as a waiting process takes to look again.
constexpr milliseconds kHold{5};
constexpr milliseconds kPause{3};
constexpr std::size_t kBucketsAtOnce = 2048;
/// Keys of the first slice; later ones take as many as kHold permits.
constexpr std::size_t kFirstSlice = 64;
constexpr std::size_t kLargestSlice = 4096;
/// Below this a rewrite is always quicker than the waits between slices.
constexpr std::size_t kFewRecords = 2000;

enum class Fate { kept, old, unreadable };

Fate fate(std::string_view key, std::string_view data, sys_seconds oldest) {
    const auto record = decode_login_record(data, Layout::timestamp);
    if (!record || !address_of_key(key)) return Fate::unreadable;
    return record->at < oldest ? Fate::old : Fate::kept;
}

/// What is there, found without keeping logins out for long.
struct Survey {
    std::vector<std::string> old;
    BucketCount kept;
    std::size_t unreadable = 0;
    bool changed_meanwhile = false;  ///< Another file, or its buckets were split: `old` may lack some.

    void take(std::string_view key, std::string_view data, sys_seconds oldest) {
        const Fate what = fate(key, data, oldest);
        if (what == Fate::old) return static_cast<void>(old.emplace_back(key));
        kept.add(key, data);
        unreadable += what == Fate::unreadable ? 1 : 0;
    }
};

Survey survey(LockedFile& file, sys_seconds oldest, milliseconds wait) {
    Survey found;
    const auto take = [&](std::string_view key, std::string_view data) { found.take(key, data, oldest); };
    Records records{file, Database::Access::write};
    if (!records.hash()) {
        records.each(take);
        return found;
    }
    const MetaPage meta = records.hash()->meta();
    for (std::uint32_t bucket = 0; bucket <= meta.max_bucket; ++bucket) {
        records.hash()->each_in_bucket(bucket, take);
        if ((bucket + 1) % kBucketsAtOnce != 0) continue;
        file.unlock();
        std::this_thread::sleep_for(kPause);
        file.lock_again(wait);
        const auto now = HashFile::open(file);
        if (!now || !now->meta().same_buckets(meta)) {
            found.changed_meanwhile = true;
            return found;
        }
    }
    return found;
}

/// Deleting costs about as much as writing a record anew, and only a new file is smaller.
bool rewrite_is_cheaper(const Survey& found, const LockedFile& file) {
    const auto hash = HashFile::open(file);
    if (!hash || found.changed_meanwhile) return true;
    const bool shrinks = hash->buckets() >= 4 * found.kept.buckets();
    return shrinks || (found.old.size() > kFewRecords && 2 * found.old.size() >= found.kept.records());
}

}  // namespace

RelayersWriter::Expired RelayersWriter::expire_anew(sys_seconds oldest) {
    Expired result;
    const auto file = LockedFile::open(path_, Lock::exclusive, lock_wait_);
    if (!file) return result;
    Records records{*file, Database::Access::write};
    watch_->begin();
    const EachRecord kept = [&](const UseRecord& use) {
        result = {};
        records.each([&](std::string_view key, std::string_view data) {
            const Fate what = fate(key, data, oldest);
            result.unreadable += what == Fate::unreadable ? 1 : 0;
            what == Fate::old ? static_cast<void>(++result.removed) : use(key, data);
        });
    };
    remember(rewrite(*file, records.hash() != nullptr, kept, *watch_));
    return result;
}

/// What has been refreshed since the survey stays.
std::size_t RelayersWriter::erase_old(std::span<const std::string> keys, sys_seconds oldest) {
    const auto file = LockedFile::open(path_, Lock::exclusive, lock_wait_);
    if (!file) return 0;
    Records records{*file, Database::Access::write};
    Changes changes;
    for (const std::string& key : keys)
        records.each_under(key, [&](std::string_view data) {
            if (fate(key, data, oldest) == Fate::old) changes[key] = std::nullopt;
        });
    if (!changes.empty()) remember(apply(*file, changes, nobody_));
    return changes.size();
}

std::size_t RelayersWriter::expire_in_slices(std::span<const std::string> old, sys_seconds oldest) {
    watch_->begin();
    std::size_t removed = 0;
    std::size_t slice = kFirstSlice;
    while (!old.empty()) {
        const auto keys = old.first(std::min(slice, old.size()));
        const auto begun = Clock::now();
        removed += erase_old(keys, oldest);
        slice = Clock::now() - begun < kHold ? std::min(2 * slice, kLargestSlice) : std::max(slice / 2, kFirstSlice);
        old = old.subspan(keys.size());
        watch_->progress(removed);
        if (!old.empty()) std::this_thread::sleep_for(kPause);
    }
    return removed;
}

RelayersWriter::Expired RelayersWriter::expire(sys_seconds oldest) {
    auto file = LockedFile::open(path_, Lock::shared, lock_wait_);
    if (!file) return {};
    const Survey found = survey(*file, oldest, lock_wait_);
    if (found.old.empty() && !found.changed_meanwhile) return {0, found.unreadable};
    const bool anew = rewrite_is_cheaper(found, *file);
    file.reset();
    if (!anew) return {expire_in_slices(found.old, oldest), found.unreadable};
    try {
        return expire_anew(oldest);
    } catch (const Fault& fault) {
        // Where no new file can be made, what can be deleted in place is.
        if (fault.trouble != Trouble::forbidden && fault.trouble != Trouble::system) throw;
        return {expire_in_slices(found.old, oldest), found.unreadable};
    }
}

}  // namespace relay
