// Every record of relayers.db in constant memory, for list and dump.
//
// Reads under LOCK_SH, which is let go between batches: whoever prints to a pager stops nobody. A change in place never
// moves a record to another bucket, so that one which was there throughout is met exactly once. A file that takes the
// path meanwhile is not looked at. One thread at a time. Errors are thrown as Fault.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "policy/source/database/database_page.h"
#include "policy/source/database/locked_file.h"
#include "policy/source/logins/login_walk.h"

namespace relay {

class RelayersWalk : public LoginWalk {
public:
    /// Looks at the structure of the whole file first. Nothing when it is missing from a directory that can be read.
    static std::optional<RelayersWalk> open(const std::string& path, std::chrono::milliseconds lock_wait);

    /// In the order of the file and under the lock. Throws Fault (replaced) when the file was rebuilt in place since open(),
    /// as makemap does. All records of a btree come at once.
    bool next(const Use& use) override;
    void rewind() override { bucket_ = 0; }

private:
    RelayersWalk(LockedFile file, std::chrono::milliseconds lock_wait) : file_{std::move(file)}, lock_wait_{lock_wait} {}
    void next_locked(const Use& use);

    LockedFile file_;
    std::chrono::milliseconds lock_wait_;
    MetaPage meta_;
    std::uint32_t bucket_ = 0;
};

}  // namespace relay
