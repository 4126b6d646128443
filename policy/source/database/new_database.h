// Makes a missing relayers.db: nobody ever sees it half made.
#pragma once

#include <string>

namespace relay {

/// An empty, pre-sized hash database at `path`, mode 0640, with the group of its directory. One that another process
/// made meanwhile is left as it is. Throws Fault.
void create_relayers_database(const std::string& path);

}  // namespace relay
