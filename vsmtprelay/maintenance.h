// The commands that look after the whole file: import, verify, repair. Each returns an exit code (sysexits(3)).
#pragma once

#include <chrono>

#include "vsmtprelay/arguments.h"

namespace relay {

int import_text(const Arguments& arguments, std::chrono::sys_seconds now);
int verify(const Arguments& arguments, std::chrono::sys_seconds now);
int repair(const Arguments& arguments, std::chrono::sys_seconds now);

}  // namespace relay
