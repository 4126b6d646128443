// What vsmtprelay follow knows of its last run: where each file stood, the journal's cursor, and the sessions that were
// open then. A JSON file.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/login_record.h"
#include "vsmtprelay/feed/log_tail.h"
#include "vsmtprelay/feed/open_sessions.h"

namespace relay {

struct FollowState {
    std::map<std::string, std::vector<FilePosition>> files;  ///< By path.
    std::string cursor;                                      ///< Empty where no journal was read.
    OpenSessions::Sessions sessions;                         ///< Of the logs.
    std::vector<LoginEvent> connected;                       ///< Since when doveadm has named them.
};

/// Nothing when there is none. A file that cannot be understood throws Fault, like one that cannot be read.
std::optional<FollowState> read_follow_state(const std::string& path);

/// The whole or nothing: a new file under its name, mode 0600. Throws Fault.
void write_follow_state(const std::string& path, const FollowState& state);

}  // namespace relay
