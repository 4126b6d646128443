// Reads the sender map, [sender] map: a makemap database (hash or btree). Who may use a reverse-path?
//
//   Key: "alice@ours.example", else without its address extension, else "@ours.example"; the first that is there counts.
//        Lower case, as makemap writes keys, unless local_part_case is set (then makemap -f). With or without the
//        trailing NUL of makemap -N.
//   Data: logins parted by commas or blanks; "*" is any login.
//
// Thread-safe; keeps nothing: each look-up opens the file under flock(LOCK_SH), as sendmail's maps do, and never waits
// for the lock without bound. A missing file is Failed: makemap makes one, so that it should be there.
#pragma once

#include "policy/findings.h"
#include "policy/mailbox.h"
#include "policy/settings.h"
#include "policy/source/database/database_check.h"

namespace relay {

class SenderMap {
public:
    explicit SenderMap(SenderSettings settings) : settings_{std::move(settings)} {}

    [[nodiscard]] Lookup<Owners> find(const Path& reverse_path) const;

    /// The keys in the order of asking.
    [[nodiscard]] std::vector<std::string> keys_of(const Path& reverse_path) const;

private:
    [[nodiscard]] Lookup<Owners> find_once(const Path& reverse_path) const;

    SenderSettings settings_;
    mutable DatabaseCheck check_;
};

/// The logins in the data of a record, into `owners`.
void take_owners(std::string_view data, Owners& owners);

}  // namespace relay
