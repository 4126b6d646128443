#include "policy/source/database/records.h"

#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"

namespace relay {

Records::Records(const LockedFile& file, Database::Access access) : hash_{HashFile::open(file)} {
    if (!hash_) other_.emplace(file, access, check_);
    if (hash_ && hash_->meta().duplicates && access == Database::Access::write) throw duplicates_fault(file.path());
}

void Records::each(const UseRecord& use) {
    if (!hash_) return other_->each(use);
    for (std::uint32_t bucket = 0; bucket < hash_->buckets(); ++bucket) hash_->each_in_bucket(bucket, use);
}

void Records::each_under(std::string_view key, const HashFile::UseDatum& use) {
    hash_ ? hash_->each_under(key, use) : other_->each_under(key, use);
}

}  // namespace relay
