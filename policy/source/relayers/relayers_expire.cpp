// RelayersWriter::expire: in place, in slices between which logins get in, or by a rewrite where that is cheaper.
#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "policy/source/database/bucket_count.h"
#include "policy/source/database/rewrite.h"
#include "policy/source/files/escaped.h"
#include "policy/source/relayers/relayers_keys.h"
#include "policy/source/relayers/relayers_writer.h"
#include "policy/source/relayers/tried_again.h"

namespace relay {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::sys_seconds;

/// The lock is held for so long at a time, and let go for as long as a waiting process takes to look again.
constexpr milliseconds kHold{5};
constexpr milliseconds kPause{3};
constexpr std::uint32_t kBucketsBetweenLooks = 64;
/// Buckets of the first slice; later ones take as many as kHold permits.
constexpr std::uint32_t kFirstSlice = 16;
constexpr std::uint32_t kLargestSlice = 1024;
constexpr std::size_t kMostErased = 4096;
constexpr int kMostRestarts = 5;
/// So few are deleted in place though a rewrite is quicker: a new file makes every open sendmail map look again.
constexpr std::size_t kFewRecords = 2000;

enum class Fate { kept, old, unreadable };

Fate fate(std::string_view key, std::string_view data, sys_seconds oldest) {
    const auto record = decode_login_record(data, Layout::timestamp);
    if (!record || !address_of_key(key)) return Fate::unreadable;
    return record->at < oldest ? Fate::old : Fate::kept;
}

/// What is there, found without keeping logins out for long.
struct Survey {
    std::size_t old = 0;
    BucketCount kept;
    std::size_t unreadable = 0;
    bool hash = false;
    std::uint32_t buckets = 0;  ///< Of a hash.
    bool changed_meanwhile = false;  ///< Another file, or its buckets were split: some may not have been seen.

    void take(std::string_view key, std::string_view data, sys_seconds oldest) {
        const Fate what = fate(key, data, oldest);
        if (what == Fate::old) return static_cast<void>(++old);
        kept.add(key, data);
        unreadable += what == Fate::unreadable ? 1 : 0;
    }
};

Survey survey(LockedFile& file, sys_seconds oldest, milliseconds wait) {
    Survey found;
    const auto take = [&](std::string_view key, std::string_view data) { found.take(key, data, oldest); };
    Records records{file, Database::Access::write};
    found.hash = records.hash() != nullptr;
    if (!found.hash) {
        records.each(take);
        return found;
    }
    const MetaPage meta = records.hash()->meta();
    found.buckets = records.hash()->buckets();
    auto locked = Clock::now();
    for (std::uint32_t bucket = 0; bucket <= meta.max_bucket; ++bucket) {
        records.hash()->each_in_bucket(bucket, take);
        if ((bucket + 1) % kBucketsBetweenLooks != 0 || Clock::now() - locked < kHold) continue;
        file.unlock();
        std::this_thread::sleep_for(kPause);
        file.lock_again(wait);
        auto now = HashFile::open(file);
        if (!now || !now->meta().same_buckets(meta)) {
            found.changed_meanwhile = true;
            return found;
        }
        *records.hash() = std::move(*now);  // Pages for long items may have come since.
        locked = Clock::now();
    }
    return found;
}

/// Deleting costs about as much as writing a record anew, and only a new file is smaller. Takes milliseconds itself.
bool rewrite_is_cheaper(const Survey& found) {
    if (!found.hash || found.changed_meanwhile) return true;
    const bool shrinks = found.buckets >= 4 * found.kept.buckets();
    return shrinks || (found.old > kFewRecords && 2 * found.old >= found.kept.records());
}

}  // namespace

RelayersWriter::Expired RelayersWriter::expire_anew(sys_seconds oldest) {
    Expired result;
    const auto file = LockedFile::open(path_, Lock::exclusive, lock_wait_);
    if (!file) return result;
    Records records{*file, Database::Access::write};
    watch_->begin();
    const EachRecord kept = [&](const UseRecord& use) {
        records.each([&](std::string_view key, std::string_view data) {
            const Fate what = fate(key, data, oldest);
            result.unreadable += what == Fate::unreadable ? 1 : 0;
            what == Fate::old ? static_cast<void>(++result.removed) : use(key, data);
        });
    };
    remember(rewrite(*file, records.hash() != nullptr, kept, *watch_));
    return result;
}

/// Where a sweep over the buckets stands.
struct RelayersWriter::Sweep {
    std::optional<MetaPage> meta;
    std::uint32_t bucket = 0;
    std::uint32_t slice = kFirstSlice;
    int restarts = 0;
    bool over = false;

    /// A file that was built anew meanwhile is swept from its beginning; one that always is, not for ever.
    void enter(const MetaPage& now) {
        if (meta && !meta->same_buckets(now)) {
            bucket = 0;
            ++restarts;
        }
        meta = now;
    }
    void leave(Clock::duration held) {
        slice = held < kHold / 2 ? std::min(2 * slice, kLargestSlice) : held > kHold ? std::max(slice / 2, kFirstSlice) : slice;
        over = bucket > meta->max_bucket || restarts > kMostRestarts;
    }
};

/// Erases the old records of some buckets, under the lock once.
void RelayersWriter::erase_old(Sweep& sweep, sys_seconds oldest, std::vector<Erased>& erased) {
    const auto file = LockedFile::open(path_, Lock::exclusive, lock_wait_);
    const auto begun = Clock::now();
    sweep.over = true;
    if (!file) return;
    Records records{*file, Database::Access::write};
    if (!records.hash()) throw Fault{Trouble::replaced, escaped(path_) + ": was built anew meanwhile"};
    sweep.enter(records.hash()->meta());
    const std::uint32_t end = std::min(sweep.bucket + sweep.slice, records.hash()->buckets());
    Changes changes;
    std::vector<Erased> old;
    for (; sweep.bucket < end && changes.size() < kMostErased; ++sweep.bucket)
        records.hash()->each_in_bucket(sweep.bucket, [&](std::string_view key, std::string_view data) {
            if (fate(key, data, oldest) != Fate::old) return;
            changes.emplace(key, std::nullopt);
            old.emplace_back(std::string{key}, std::string{data});
        });
    note_ours(records, old);
    if (!changes.empty()) remember(apply(*file, records, changes, nobody_));
    std::ranges::move(old, std::back_inserter(erased));
    sweep.leave(Clock::now() - begun);
}

void RelayersWriter::expire_in_slices(sys_seconds oldest, std::vector<Erased>& erased) {
    watch_->begin();
    Sweep sweep;
    for (erase_old(sweep, oldest, erased); !sweep.over; erase_old(sweep, oldest, erased)) {
        watch_->progress(erased.size());
        std::this_thread::sleep_for(kPause);
    }
    watch_->commit();
}

RelayersWriter::Expired RelayersWriter::expire(sys_seconds oldest, std::vector<Erased>& erased) {
    auto file = LockedFile::open(path_, Lock::shared, lock_wait_);
    if (!file) return {};
    const Survey found = survey(*file, oldest, lock_wait_);
    if (found.old == 0 && !found.changed_meanwhile) return {erased.size(), found.unreadable};
    const FileStamp surveyed = file->stamp();
    file.reset();
    const bool anew = rewrite_is_cheaper(found);
    try {
        if (anew) return expire_anew(oldest);
    } catch (const Fault& fault) {
        // Where no new file can be made, what can be deleted in place is. One that has its place, but is not known to be
        // there after a power cut, has nothing left to delete.
        const bool none_made = fault.trouble == Trouble::forbidden || fault.trouble == Trouble::system;
        if (!found.hash || !none_made || !names(path_, surveyed)) throw;
    }
    expire_in_slices(oldest, erased);
    return {erased.size(), found.unreadable};
}

RelayersWriter::Expired RelayersWriter::expire(sys_seconds oldest) {
    std::vector<Erased> erased;
    try {
        return tried_again([&] { return expire(oldest, erased); });
    } catch (const Fault& fault) {
        if (erased.empty()) throw;
        throw partly_done(fault, fmt::format("{} old entries were deleted before", erased.size()));
    } catch (...) {
        put_back(std::move(erased));
        throw;
    }
}

}  // namespace relay
