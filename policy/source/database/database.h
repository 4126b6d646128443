// A Berkeley DB file (hash or btree) under its lock, by libdb: records by key, all records, put and delete.
//
// A handle lives as long as one operation on a LockedFile, which must outlive it: libdb's cache would otherwise answer
// the past, or write it over what others wrote. libdb never writes to standard error here, and is never shown a file
// that DatabaseCheck did not find sound. Errors are thrown as Fault. One thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "policy/source/database/database_check.h"
#include "policy/source/database/locked_file.h"

namespace relay {

class Database {
public:
    enum class Access { read, write };

    Database(const LockedFile& file, Access access, DatabaseCheck& check);
    ~Database();

    /// Calls `use` with the data of each record under exactly `key` (up to 999 in a file of `makemap -d`).
    void each_under(std::string_view key, const std::function<void(std::string_view data)>& use);
    /// Calls `use` with each record, in the order of the file. Keys and data of more than 1 MiB are a Fault.
    void each(const std::function<void(std::string_view key, std::string_view data)>& use);

    void put(std::string_view key, std::string_view data);
    /// False when there was no such key.
    bool erase(std::string_view key);
    /// Everything that was put and erased is on disk. Without it nothing is promised. The handle is of no use after it.
    void commit();

    /// Makes an empty hash database, pre-sized so that no bucket splits below 100,000 entries, in the empty file `path`.
    static void create(const std::string& path);

private:
    struct Handle;
    std::unique_ptr<Handle> handle_;
};

}  // namespace relay
