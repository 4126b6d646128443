// What the daemon that runs says over its control socket: is it this program, and does it go by this configuration?
#pragma once

#include "milter/doctor/finding.h"
#include "milter/doctor/machine.h"

namespace relay::doctor {

/// To be asked once a milter answers on the milter's own socket.
Findings judge_running_daemon(const Machine& machine);

}  // namespace relay::doctor
