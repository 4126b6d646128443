// A Berkeley DB file (hash or btree) under its lock, by libdb: records by key, all records, put and delete.
//
// A handle lives as long as one operation on a LockedFile, which must outlive it: libdb's cache would otherwise answer
// the past, or write it over what others wrote. libdb never writes to standard error here, and is never shown a page
// that was not found sound. Errors are thrown as Fault. One thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "policy/source/database/bucket_count.h"
#include "policy/source/database/database_check.h"
#include "policy/source/database/locked_file.h"
#include "policy/source/files/watch.h"
#include "policy/source/files/fault.h"

namespace relay {

class Database {
public:
    enum class Access { read, write };

    Database(const LockedFile& file, Access access, DatabaseCheck& check);
    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;
    ~Database();

    /// To change records of buckets that HashFile found sound, and to look at no others; libdb then meets only these,
    /// about `pages` of them.
    static Database in_place(const LockedFile& file, std::size_t pages);

    /// What a new file is made for.
    struct Shape {
        bool hash = true;
        /// Of a hash, a power of two: none of them ever splits by the number of its records, only where its page is full.
        std::uint32_t buckets = kLeastBuckets;
    };
    /// Makes an empty database, to be filled, in the file of this name; the one that is there is emptied.
    static Database create(const std::string& path, const Shape& shape);
    static Database create(const std::string& path) { return create(path, Shape{}); }

    /// Calls `use` with the data of each record under exactly `key` (up to 999 in a file of `makemap -d`).
    void each_under(std::string_view key, const std::function<void(std::string_view data)>& use);
    /// Calls `use` with each record, in the order of the file. Keys and data of more than 1 MiB are a Fault.
    void each(const std::function<void(std::string_view key, std::string_view data)>& use);

    void put(std::string_view key, std::string_view data);
    /// False when there was no such key.
    bool erase(std::string_view key);
    /// Everything that was put and erased until now is on disk. Without it nothing is promised.
    void sync();
    /// The same, and the handle is of no use after it. libdb syncs once more when it closes a file; before the file is
    /// changed by others (its times) that costs nothing.
    void commit();

    /// What libdb's own verification says of a file that DatabaseCheck found sound; empty where it finds no fault.
    /// `watch` is told how far it is; libdb cannot be stopped in between, so what it throws waits until then.
    static std::string verify(const LockedFile& file, Watch& watch);
    static std::string verify(const LockedFile& file);

private:
    struct Handle;
    explicit Database(std::unique_ptr<Handle> handle);
    std::unique_ptr<Handle> handle_;
};

/// Duplicates would make "the entry of an address" mean several.
Fault duplicates_fault(const std::string& path);

}  // namespace relay
