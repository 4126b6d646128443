// What is told to the admin as it happens: the configuration of it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace relay {

/// [alert]
struct AlertSettings {
    std::vector<std::string> command;    ///< Its first word is a path that begins with /. Empty: only the log is told.
    std::chrono::seconds quiet{3600};    ///< One alert for each login and kind in so long.
    std::chrono::seconds timeout{30};    ///< A command that takes longer is killed, with all that it started.
    unsigned at_most = 4;                ///< Commands at once: 1 to 32.

    bool operator==(const AlertSettings&) const = default;
};

}  // namespace relay
