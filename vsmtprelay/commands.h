// What vsmtprelay(8) does: each command judges all of its words, then makes one change or prints.
#pragma once

#include <chrono>

#include "vsmtprelay/arguments.h"

namespace relay {

/// Returns the exit code (sysexits(3)); messages go to standard error.
int run_command(const Arguments& arguments, std::chrono::sys_seconds now);

}  // namespace relay
