// Which pages of a large hash file the last commits changed, so that who has the file in memory reads these alone.
//
// Kept in the file itself, behind the 512 bytes of the meta page that libdb uses (it carries the rest along, and never
// looks at it). It speaks for the file only while the file has the times that the last commit gave it: what anybody else
// writes under the lock moves them, and then all pages are to be compared. Not seen is what FileStamp does not see either,
// a modification time that is set back by hand within a tick of the clock after a commit; and what is written without the
// lock just when a commit writes. Nobody needs it after a crash, so nobody waits for it to be on disk. Under the file's lock.
// One thread at a time.
//
// The bytes, in this machine's order as all of a database:
//   512  4  database_hash() of all that follows
//   516  4  "chg1"
//   520  8  the file's modification time for which it speaks, seconds
//   528  8  when the file got that time, in nanoseconds since 1970
//   536  4  nanoseconds of the modification time
//   540  4  how many changes follow, up to 296, the oldest first
//   544  8 each  the commit of a change, a random number
//  2912  4 each  the page that it changed; 0 where the commit changed more pages than there is room for
#pragma once

#include <time.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "policy/source/database/locked_file.h"

namespace relay {

class RecentChanges {
public:
    /// Random, so that no copy of an older file is taken for one that followed.
    using Commit = std::uint64_t;

    /// Of fewer bytes all pages are compared about as quickly, and each commit has a page less to write.
    static constexpr off_t kLeastBytes = off_t{16} << 20;

    /// Empty where the file is small, where none were kept, or where somebody else wrote since. Throws Fault.
    explicit RecentChanges(const LockedFile& file);

    /// The commit whose state the file has.
    [[nodiscard]] std::optional<Commit> last() const;
    /// The numbers of the pages that changed since, in no order, some twice; nothing where it is not known. Whoever wrote
    /// the file chose them.
    [[nodiscard]] std::optional<std::vector<std::uint32_t>> since(Commit commit) const;

    /// A commit more; the oldest go where there is no room.
    void add(const std::vector<std::uint32_t>& pages);
    /// To be called after the last change of the file's bytes, and just before it gets the modification time `modified`.
    /// Best effort: what is not written, or in part, is seen not to be of this time.
    void write(const LockedFile& file, timespec modified) const noexcept;

private:
    struct Change {
        Commit commit;
        std::uint32_t page;
    };
    bool kept_ = false;  ///< The file has room for them, and is large.
    std::vector<Change> changes_;
};

}  // namespace relay
