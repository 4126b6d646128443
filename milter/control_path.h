// Where the control socket is: as configured, or beside the milter's own.
#pragma once

#include <string>

#include "policy/settings.h"

namespace relay {

/// Empty: there is none. Without `control`, "control.sock" in the directory of the milter's local socket, or in
/// /run/milter-relay.
std::string control_path(const Settings& settings);

}  // namespace relay
