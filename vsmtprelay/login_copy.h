// Copies the entries of one database of logins into another while both are written to: none is lost, none that was
// deleted comes back.
//
// What is there and is newer stays. A login that goes from the source while it is copied goes from the target as well, as
// far as the copy had brought it. One owner. Throws Fault, and what the Watch throws; what was copied by then stays.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "policy/source/logins/login_walk.h"
#include "policy/source/logins/login_writer.h"
#include "policy/source/logins/verification.h"

namespace relay {

/// What the copy of an entry goes by; nothing where there is no entry.
struct CopiedEntry {
    std::optional<LoginRecord> then;    ///< In the source, when it was copied.
    std::optional<LoginRecord> now;     ///< In the source.
    std::optional<LoginRecord> before;  ///< In the target, when nothing had been copied.
};
/// `standing`, in the target, without the logins that the copy brought there and the source has no more.
std::optional<LoginRecord> without_gone(const std::optional<LoginRecord>& standing, const CopiedEntry& copied);

class LoginCopy {
public:
    explicit LoginCopy(LoginWriter& target) : target_{target} {}

    /// The entries of the source, read anew; for each pass.
    void look(LoginWalk& source, Watch& watch);
    /// Brings the target up to what look() saw; false when nothing was to be done. With `only_take_back` nothing is added.
    bool carry(bool only_take_back = false);

    struct Outcome {
        std::size_t entries = 0;     ///< Of the source, at the last look.
        std::size_t changed = 0;     ///< Entries of the target that the copy made, or made newer.
        std::size_t taken_back = 0;  ///< Those that lost logins again, which the source had lost.
        std::size_t behind = 0;      ///< Entries of the source that changed at the end, and were not copied.
        Faults unreadable;           ///< Entries of the source that were left out.
    };
    [[nodiscard]] const Outcome& outcome() const { return outcome_; }

private:
    LoginWriter& target_;
    std::map<Address, CopiedEntry> entries_;
    Outcome outcome_;
};

}  // namespace relay
