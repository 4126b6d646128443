// Says whether relayers.db (layout timestamp) is sound in every byte that counts, and saves what can be saved where not.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "policy/source/database/modification_time.h"
#include "policy/source/files/watch.h"
#include "policy/source/logins/verification.h"

namespace relay {

/// Of the structure by our check and libdb's, and of each key and datum. Nothing when the file is missing. Throws Fault only
/// for what keeps the file from being looked at.
std::optional<Verification> verify_relayers(const std::string& path, std::chrono::milliseconds lock_wait, Watch& watch);

struct Repair {
    std::size_t entries = 0;     ///< Of the new file; 0 and no `kept_as` where the old one was sound.
    std::string kept_as;         ///< The damaged file.
    std::size_t dropped = 0;     ///< Records and pages of which nothing could be read.
    Faults not_logins;           ///< Records that could be read, and are no login of an address: left out.
    std::optional<LateTouch> touch;
};

/// Puts all that can be read into a fresh file, under our spelling of each address, the newest where there are several.
/// The damaged file is kept as `path` (the real one) with ".damaged-" and the time `now` behind it.
/// Does nothing to a file that verifies. Nothing when it is missing. Throws Fault; nothing is changed then.
std::optional<Repair> repair_relayers(const std::string& path, std::chrono::milliseconds lock_wait,
                                      std::chrono::sys_seconds now, Watch& watch);

}  // namespace relay
