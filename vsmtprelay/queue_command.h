// vsmtprelay queue: the logins of this host that no server took, told or sent.
#pragma once

#include <chrono>

#include "vsmtprelay/arguments.h"

namespace relay {

/// Returns the exit code; throws Fault.
int queue_command(const Arguments& arguments, std::chrono::sys_seconds now);

}  // namespace relay
