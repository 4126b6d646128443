// Changes relayers.db under sendmail's lock (flock LOCK_EX); format: policy/login_record.h, layout timestamp.
//
// A change is on disk when the call returns, and no crash at any moment harms what was there before (database/commit.h).
// The access method of the file is kept (hash or btree), and so is what cannot be read in it. Errors are thrown as Fault,
// and what a Watch throws is passed on; nothing was changed then (of expire: see there). Between two changes of one writer
// others get in, who wait for the lock (turn.h). One owner, any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "policy/source/database/commit.h"
#include "policy/source/logins/login_writer.h"
#include "policy/source/relayers/turn.h"

namespace relay {

class RelayersWriter : public LoginWriter {
public:
    explicit RelayersWriter(std::string path, std::chrono::milliseconds lock_wait = std::chrono::seconds{10});

    void watch(Watch& watch) override { watch_ = &watch; }

    /// In one commit. What stood of a client under other spellings is taken away. A missing database is made, mode 0640,
    /// with the group of its directory.
    void revise(const std::vector<Address>& clients, const Revision& revision) override;
    /// Under every spelling.
    std::vector<Address> remove(const std::vector<Address>& clients) override;
    /// In one commit.
    std::vector<LoginRemoved> remove_logins(const std::vector<std::string>& names) override;
    /// A few at a time, so that logins need not wait, or all at once by a rewrite where that is cheaper. When a Watch ends it
    /// what it deleted is put back, but for clients that somebody has written meanwhile. A Fault midway says how much was
    /// deleted by then, and stays so.
    Expired expire(std::chrono::sys_seconds oldest) override;

    /// For a change that an open sendmail map cannot see, since it came within the second of another. Nothing where another
    /// process owes the touch.
    [[nodiscard]] std::optional<std::chrono::sys_seconds> touch_due() const override;
    void touch() override;
    /// A process of its own does it (LateTouch::leave_behind).
    void leave_touch_behind() override;

private:
    LockedFile open_or_make() const;
    void remember(std::optional<LateTouch> touch);
    /// A record as it stood on disk.
    struct Erased {
        std::string key;
        std::string datum;
        std::optional<std::string> ours = std::nullopt;  ///< What stood under our key then, where this is another.
    };
    Expired expire(std::chrono::sys_seconds oldest, std::vector<Erased>& erased);
    Expired expire_anew(std::chrono::sys_seconds oldest);
    struct Sweep;
    void expire_in_slices(std::chrono::sys_seconds oldest, std::vector<Erased>& erased);
    void erase_old(Sweep& sweep, std::chrono::sys_seconds oldest, std::vector<Erased>& erased);
    static void note_ours(Records& records, std::vector<Erased>& old);
    static bool written_since(Records& records, const Erased& erased);
    void put_back(std::vector<Erased> erased);
    void put_back_some(std::span<const Erased> erased);

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
