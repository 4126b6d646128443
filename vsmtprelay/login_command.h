// vsmtprelay login: Dovecot's post-login program.
#pragma once

#include <chrono>

#include "vsmtprelay/arguments.h"

namespace relay {

/// Records the login in the environment and becomes the next program, whatever became of the recording. Returns only
/// where there is no next program to become: the exit code.
int login_command(const Arguments& arguments, std::chrono::sys_seconds now);

}  // namespace relay
