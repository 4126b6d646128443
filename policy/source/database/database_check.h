// Says whether a Berkeley DB file is sound enough to be given to libdb.
//
// libdb trusts what it reads: page links that form a ring make it loop for ever, offsets that leave their page make it
// crash, and a file cut short makes it answer "no such key". So each page is looked at here first: its place, type,
// links and the offsets of its items. What cannot be seen this way: a page that was emptied, or bytes changed inside a key.
// Format: Berkeley DB 4.3 to 5.3 hash (version 8, 9) and btree (9), dbinc/db_page.h of its source.
#pragma once

#include <mutex>

#include "policy/source/database/locked_file.h"

namespace relay {

/// Remembers the last file that it found sound, so that one that did not change costs one fstat(2). Thread-safe.
class DatabaseCheck {
public:
    /// Throws Fault with what is wrong: damaged, or no hash or btree file of this byte order.
    void require_sound(const LockedFile& file);

private:
    std::mutex mutex_;
    FileStamp sound_;
};

}  // namespace relay
