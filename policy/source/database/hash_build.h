// The records of a hash file that is to be made, and the file made of them: page by page, each written once.
//
// libdb makes the empty file, and puts the few records that do not fit on the one page of their bucket. Memory: the
// bytes of all records, and 36 for each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/source/database/bucket_count.h"
#include "policy/source/database/hash_file.h"
#include "policy/source/database/locked_file.h"
#include "policy/source/files/watch.h"

namespace relay {

class HashBuild {
public:
    /// A key may come once.
    void add(std::string_view key, std::string_view datum);

    /// Makes an empty file a database as large as its records ask for, every page of it reserved on disk (not yet
    /// synced). Throws Fault, and what `watch` throws.
    void write(const LockedFile& file, Watch& watch) const;

private:
    struct Record {
        std::uint64_t at;
        std::uint32_t key;
        std::uint32_t datum;
    };
    [[nodiscard]] std::string_view key(const Record& record) const;
    [[nodiscard]] std::string_view datum(const Record& record) const;
    struct Order {
        std::vector<std::size_t> begins;     ///< By bucket, and the end of the last.
        std::vector<std::uint32_t> records;  ///< Indexes into records_.
    };
    [[nodiscard]] Order by_bucket(const MetaPage& meta) const;
    void put_others(const LockedFile& file, const std::vector<std::uint32_t>& others) const;

    std::string bytes_;
    std::vector<Record> records_;
    BucketCount count_;
};

}  // namespace relay
