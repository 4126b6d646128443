// The records of a locked database, whatever its access method: by HashFile where that can be, else by libdb.
//
// The LockedFile must outlive it. What is wrong is thrown as Fault. One thread at a time.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "policy/source/database/database.h"
#include "policy/source/database/hash_file.h"

namespace relay {

using UseRecord = std::function<void(std::string_view key, std::string_view datum)>;
/// Calls its argument with each record there is; may be called once.
using EachRecord = std::function<void(const UseRecord&)>;

class Records {
public:
    /// Access::write: for who is to change them; a Fault where a key may have several records.
    Records(const LockedFile& file, Database::Access access);

    void each(const UseRecord& use);
    void each_under(std::string_view key, const HashFile::UseDatum& use);
    /// Null for a btree.
    HashFile* hash() { return hash_ ? &*hash_ : nullptr; }

private:
    std::optional<HashFile> hash_;
    DatabaseCheck check_;
    std::optional<Database> other_;
};

}  // namespace relay
