// Makes a missing relayers.db: nobody ever sees it half made.
#pragma once

#include <string>

namespace relay {

/// An empty, pre-sized hash database at `path`, mode 0640, with the group of its directory. One that another process
/// makes meanwhile is left as it is, and what a process left that died in the middle is removed. Throws Fault.
void create_relayers_database(const std::string& path);

}  // namespace relay
