#include "policy/source/database/recent_changes.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <random>
#include <span>

#include "policy/source/database/bucket_count.h"
#include "policy/source/database/database_page.h"
#include "policy/source/database/hash_file.h"
#include "policy/source/database/page_io.h"

namespace relay {
namespace {

constexpr std::uint32_t kMagic = 0x31676863;  // "chg1"
constexpr std::size_t kRoom = 296;
constexpr std::int64_t kToSet = 1'000'000;  ///< From the look at the clock until the times are set, in nanoseconds; else in vain.

struct Stored {
    std::uint32_t hash;
    std::uint32_t magic;
    std::int64_t modified;
    std::int64_t set_at;
    std::uint32_t nanoseconds;
    std::uint32_t count;
    std::array<std::uint64_t, kRoom> commits;
    std::array<std::uint32_t, kRoom> pages;
};
static_assert(sizeof(Stored) == kPageSize - kMetaBytes);

std::uint32_t hash_of(const Stored& stored) {
    return database_hash({reinterpret_cast<const char*>(&stored) + sizeof stored.hash, sizeof stored - sizeof stored.hash});
}

std::int64_t nanoseconds(timespec time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

/// The file got this time by hand, and then: a clock that was set back would let any change pass for as long. A time without
/// parts of a second is also that of others' writes, on a file system that keeps whole seconds.
bool has_times_of(const FileStamp& stamp, const Stored& stored) {
    const timespec& modified = stamp.modified;
    const std::int64_t changed = nanoseconds(stamp.changed);
    return stamp.set_by_hand() && modified.tv_nsec != 0 && stored.modified == modified.tv_sec
           && stored.nanoseconds == static_cast<std::uint32_t>(modified.tv_nsec) && changed - kToSet <= stored.set_at
           && stored.set_at <= changed + std::chrono::nanoseconds{FileStamp::kTick}.count();
}

bool speaks_for(const Stored& stored, const FileStamp& stamp) {
    return stored.magic == kMagic && stored.count <= kRoom && stored.hash == hash_of(stored) && has_times_of(stamp, stored);
}

bool has_room(std::span<const std::byte, kMetaBytes> bytes) try {
    const MetaPage meta = read_meta_page(bytes);
    return meta.hash && meta.page_size >= kPageSize;
} catch (const std::runtime_error&) {
    return false;
}

RecentChanges::Commit new_commit() {
    std::random_device random;
    return RecentChanges::Commit{random()} << 32 | random();
}

}  // namespace

RecentChanges::RecentChanges(const LockedFile& file) {
    const FileStamp stamp = file.stamp();
    if (stamp.size < kLeastBytes) return;
    std::array<std::byte, kPageSize> page{};
    read_at(file.descriptor(), file.path(), 0, page);
    kept_ = has_room(std::span{page}.first<kMetaBytes>());
    Stored stored;
    std::memcpy(&stored, &page[kMetaBytes], sizeof stored);
    if (!kept_ || !speaks_for(stored, stamp)) return;
    for (std::size_t i = 0; i < stored.count; ++i) changes_.push_back({stored.commits[i], stored.pages[i]});
}

std::optional<RecentChanges::Commit> RecentChanges::last() const {
    if (changes_.empty()) return std::nullopt;
    return changes_.back().commit;
}

std::optional<std::vector<std::uint32_t>> RecentChanges::since(Commit commit) const {
    const auto newest = std::ranges::find(changes_.rbegin(), changes_.rend(), commit, &Change::commit);
    if (newest == changes_.rend()) return std::nullopt;
    std::vector<std::uint32_t> pages;
    for (auto change = newest.base(); change != changes_.end(); ++change) {
        if (change->page == 0) return std::nullopt;
        pages.push_back(change->page);
    }
    return pages;
}

void RecentChanges::add(const std::vector<std::uint32_t>& pages) {
    if (!kept_) return;
    const Commit commit = new_commit();
    if (pages.size() > kRoom) changes_.assign(1, {commit, 0});
    else for (const std::uint32_t page : pages) changes_.push_back({commit, page});
    if (changes_.size() > kRoom) changes_.erase(changes_.begin(), changes_.end() - kRoom);
}

void RecentChanges::write(const LockedFile& file, timespec modified) const noexcept {
    if (!kept_) return;  // Where there is nothing to tell, too: no older words may come to speak for this time.
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    Stored stored{};
    stored.magic = kMagic;
    stored.modified = modified.tv_sec;
    stored.set_at = nanoseconds(now);
    stored.nanoseconds = static_cast<std::uint32_t>(modified.tv_nsec);
    stored.count = static_cast<std::uint32_t>(changes_.size());
    for (std::size_t i = 0; i < changes_.size(); ++i) {
        stored.commits[i] = changes_[i].commit;
        stored.pages[i] = changes_[i].page;
    }
    stored.hash = hash_of(stored);
    [[maybe_unused]] const ssize_t wrote = ::pwrite(file.descriptor(), &stored, sizeof stored, kMetaBytes);
}

}  // namespace relay
