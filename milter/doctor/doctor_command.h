// The options of `milter-relay doctor`.
#pragma once

#include "milter/doctor/doctor.h"

namespace CLI {
class App;
}

namespace relay::doctor {

/// Adds the command; running it sets `exit_code`. `options` has to live as long as `app`.
void add_doctor(CLI::App& app, DoctorOptions& options, int& exit_code);

}  // namespace relay::doctor
