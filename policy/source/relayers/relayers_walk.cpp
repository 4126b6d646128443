#include "policy/source/relayers/relayers_walk.h"

#include "policy/source/database/database.h"
#include "policy/source/database/hash_file.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"

namespace relay {
namespace {

constexpr std::size_t kBatch = 4000;

}  // namespace

std::optional<RelayersWalk> RelayersWalk::open(const std::string& path, std::chrono::milliseconds lock_wait) {
    auto file = LockedFile::open(path, Lock::shared, lock_wait);
    if (!file) return std::nullopt;
    DatabaseCheck{}.require_sound(*file);
    RelayersWalk walk{std::move(*file), lock_wait};
    walk.meta_ = named(path, [&walk] { return PagedFile{walk.file_}.meta(); });
    walk.file_.unlock();
    return walk;
}

bool RelayersWalk::next(const Use& use) {
    if (bucket_ > meta_.max_bucket) return false;
    file_.lock_again(lock_wait_);
    next_locked(use);
    file_.unlock();
    return true;
}

void RelayersWalk::next_locked(const Use& use) {
    auto hash = HashFile::open(file_);
    if (hash ? !hash->meta().same_buckets(meta_) : uses_database_hash(meta_))
        throw Fault{Trouble::replaced, escaped(file_.path()) + ": was built anew while it was read"};
    if (!hash) {
        DatabaseCheck check;
        Database{file_, Database::Access::read, check}.each(use);
        bucket_ = meta_.max_bucket + 1;
        return;
    }
    for (std::size_t records = 0; bucket_ <= meta_.max_bucket && records < kBatch; ++bucket_)
        hash->each_in_bucket(bucket_, [&](std::string_view key, std::string_view data) {
            ++records;
            use(key, data);
        });
}

}  // namespace relay
