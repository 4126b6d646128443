// What the process knows of limits and logins, whatever configurations come and go: a table for each limit's name, and
// the guard. It is kept in a file over restarts.
//
// Thread-safe. A table once made stays, so that a limit that a reload takes away and another brings back still counts.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "policy/source/limits/limit_state.h"
#include "policy/source/limits/limit_table.h"
#include "policy/source/limits/login_guard.h"

namespace relay {

class LimitStore {
public:
    LimitStore() : seed_{random_sip_key()} {}

    /// The table of this name, made when it is not there.
    std::shared_ptr<LimitTable> table(const std::string& name);
    [[nodiscard]] LoginGuard& guard() { return guard_; }

    [[nodiscard]] LimitState state() const;
    /// Takes over all that `state` still holds now; only before the first table is made, since they share its seed. Only
    /// the `limits` named, and of no key more than its pace can have come to.
    void restore(LimitState state, const std::vector<LimitSettings>& limits);

private:
    mutable std::mutex mutex_;  // Of the map and the seed; never held on a recipient's way.
    SipKey seed_;
    std::map<std::string, std::shared_ptr<LimitTable>> tables_;
    LoginGuard guard_;
};

/// Restores what the file holds. The text says what was wrong, and empty that nothing was: a missing file is nothing
/// wrong, one that is damaged is renamed to "PATH.damaged" and counted from nothing.
std::string load_limits(LimitStore& store, const std::string& path, const std::vector<LimitSettings>& limits);

/// Replaces the file whole. Throws Fault, and the file is what it was.
void save_limits(const LimitStore& store, const std::string& path);

}  // namespace relay
