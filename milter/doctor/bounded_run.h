// Work in a child process with a time limit: what hangs or crashes there is a finding, and the doctor goes on.
#pragma once

#include <chrono>
#include <functional>

#include "milter/doctor/finding.h"

namespace relay::doctor {

/// The findings of `work`; where it did not come to its end in time, an error that says so. Call it from one thread.
Findings run_bounded(const std::function<Findings()>& work, std::chrono::milliseconds limit);

}  // namespace relay::doctor
