// vsmtprelay follow: its options, and the writer that it records with.
#pragma once

#include "vsmtprelay/arguments.h"

namespace relay {

/// Runs until a signal ends it. Returns the exit code; throws BadInput, Fault.
int follow_command(const Arguments& arguments);

}  // namespace relay
