// Changes relayers.db under sendmail's lock (flock LOCK_EX); format: policy/login_record.h, layout timestamp.
//
// A change is on disk when the call returns, and no crash at any moment harms what was there before (database/commit.h).
// The access method of the file is kept (hash or btree), and so is what cannot be read in it. Errors are thrown as Fault,
// and what a Watch throws is passed on; nothing was changed then. Between two changes of one writer others get in, who
// wait for the lock (turn.h). One owner, any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "policy/address.h"
#include "policy/login_record.h"
#include "policy/source/database/commit.h"
#include "policy/source/relayers/turn.h"

namespace relay {

class RelayersWriter {
public:
    explicit RelayersWriter(std::string path, std::chrono::milliseconds lock_wait = std::chrono::seconds{10});

    /// Told of each change from now on; must outlive this.
    void watch(Watch& watch) { watch_ = &watch; }

    struct Expired {
        std::size_t removed = 0;
        std::size_t unreadable = 0;  ///< Records that are no login of an address; left as they are.
    };

    /// A login that was taken out of an entry.
    struct LoginRemoved {
        Address client;
        std::string login;
        bool entry_stays = false;  ///< Others logged in from there as well.
    };

    /// Sets the record of each client, taking away what stood under other spellings. A missing database is made, mode
    /// 0640, with the group of its directory.
    void add(const std::vector<Address>& clients, const LoginRecord& record);
    /// Merges logins into the records of their clients, in one commit: newest first, at most kMaxLogins names, each once.
    /// An older event never overwrites a newer one, nor an admin's permission in the future. Events may repeat, in any
    /// order; those that tell nothing new change nothing. A record that cannot be read gives way to the login.
    void record(const std::vector<LoginEvent>& events);
    /// The same for records: what is there and is newer stays.
    void import(const std::map<Address, LoginRecord>& records);
    /// Under every spelling. Returns those that had no entry.
    std::vector<Address> remove(const std::vector<Address>& clients);
    /// Takes these logins out of all records that name them, in one commit; a record that names nobody else goes. They are
    /// looked for without keeping others out: one that logs in meanwhile may stay.
    std::vector<LoginRemoved> remove_logins(const std::vector<std::string>& names);
    /// Removes the records whose timestamp is before `oldest`: a few at a time, so that logins need not wait, or all at
    /// once by a rewrite where that is cheaper. What makes it end midway has removed only what was old.
    Expired expire(std::chrono::sys_seconds oldest);

    /// A change that an open sendmail map cannot see yet, since it came within the second of another: when touch() is to
    /// be called. Nothing where no touch is owed, or another process owes it.
    [[nodiscard]] std::optional<std::chrono::sys_seconds> touch_due() const;
    /// For who lives on: to be called when it is due.
    void touch();
    /// For who ends now: a process of its own does it (LateTouch::leave_behind).
    void leave_touch_behind();

private:
    LockedFile open_or_make() const;
    void remember(std::optional<LateTouch> touch);
    Expired expire_anew(std::chrono::sys_seconds oldest);
    struct Sweep;
    std::size_t expire_in_slices(std::chrono::sys_seconds oldest);
    void erase_old(Sweep& sweep, std::chrono::sys_seconds oldest);
    void merge(const std::map<Address, LoginRecord>& records);

    std::string path_;
    std::chrono::milliseconds lock_wait_;
    Watch nobody_;
    Watch* watch_ = nullptr;
    Turn::Clock::time_point last_end_{};
    std::optional<LateTouch> owed_;
    /// The database as we left it, where it then held our spellings alone: nobody has changed it since.
    std::optional<FileStamp> ours_alone_;
};

}  // namespace relay
