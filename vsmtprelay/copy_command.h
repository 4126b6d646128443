// vsmtprelay copy: from one database of logins into another, files or servers.
#pragma once

#include <chrono>

#include "vsmtprelay/arguments.h"

namespace relay {

/// Returns an exit code (sysexits(3)); throws Fault, and Interrupted: what was copied by then stays.
int copy_logins(const Arguments& arguments, std::chrono::sys_seconds now);

}  // namespace relay
