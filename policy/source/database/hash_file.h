// A Berkeley DB hash file read without libdb, by bucket and by key: no cache, no allocation that the file could choose.
//
// The LockedFile must outlive it and hold its lock while it reads. Whatever is wrong with the bytes that are met is
// thrown as Fault (damaged); a look-up meets those of one bucket, so that only DatabaseCheck can speak for the whole
// file. One thread at a time. Format: Berkeley DB 4.3 to 5.3, dbinc/db_page.h of its source.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "policy/source/database/hash_page.h"
#include "policy/source/database/paged_file.h"

namespace relay {

/// libdb's own function for keys, unless a program gives it another one.
std::uint32_t database_hash(std::string_view key);

/// True when the file's keys are where database_hash() says: libdb stores the hash of a fixed text in the meta page.
bool uses_database_hash(const MetaPage& meta);

/// meta.hash; the bucket of a key with this hash.
std::uint32_t bucket_of_hash(const MetaPage& meta, std::uint32_t hash);

class HashFile {
public:
    using UsePair = std::function<void(std::string_view key, std::string_view datum)>;
    using UseDatum = std::function<void(std::string_view datum)>;

    /// Nothing when it is a btree, or has another hash function.
    static std::optional<HashFile> open(const LockedFile& file);

    [[nodiscard]] const MetaPage& meta() const { return pages_.meta(); }
    [[nodiscard]] std::uint32_t buckets() const { return meta().max_bucket + 1; }
    [[nodiscard]] std::uint32_t bucket_of(std::string_view key) const { return bucket_of_hash(meta(), database_hash(key)); }

    /// Each record of a bucket (a record for each duplicate). Buckets are read quickest in rising order.
    /// Keys and data of more than 1 MiB are a Fault.
    void each_in_bucket(std::uint32_t bucket, const UsePair& use);
    /// Each record under exactly `key`.
    void each_under(std::string_view key, const UseDatum& use);

    /// The records of one page, as each_in_bucket() has them, for who reads the pages in their own order.
    void each_on(const HashPage& page, const UsePair& use);
    [[nodiscard]] PagedFile& pages() { return pages_; }

    /// The bytes of a bucket's page; nothing where others follow it. Valid until the next call.
    std::optional<Bytes> only_page(std::uint32_t bucket);

private:
    explicit HashFile(PagedFile pages) : pages_{std::move(pages)} {}
    /// Calls `use` with each page of the bucket until it returns false.
    void each_page(std::uint32_t bucket, const std::function<bool(const HashPage&)>& use);
    std::string_view whole(const HashItem& item, std::string& room);
    bool is(const HashItem& item, std::string_view key);
    void use_data(const HashItem& item, const UseDatum& use);

    PagedFile pages_;
    PagedFile overflow_{pages_};
    std::string key_;
    std::string datum_;
};

}  // namespace relay
