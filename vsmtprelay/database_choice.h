// Which database the command works on, and what it takes to speak to it where it is on a server.
#pragma once

#include <optional>
#include <string>

#include "policy/source/login_database.h"

namespace relay {

/// `named` (a file or a URL), else $RELAYERS_DB, else ~/etc/relayers.db where that exists; neither of the two where it is to
/// be `of_the_system`, as for a login: its environment and its home are those of the user who logged in. Else [pop] database of the configuration
/// where that is a URL, else the system's file. For a URL [redis] and [pop] window are the configuration's; where it cannot
/// be read they are the defaults, and standard error says so; `doubt` does where it may have named a server.
LoginDatabase choose_database(const std::optional<std::string>& named, const std::string& config, bool of_the_system = false);

/// What is wrong with a name; empty where nothing is.
std::string bad_database_name(const std::string& name);

}  // namespace relay
