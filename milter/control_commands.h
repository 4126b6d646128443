// The command line of the commands that ask the running daemon.
#pragma once

#include "milter/control_client.h"

namespace CLI {
class App;
}

namespace relay {

/// Adds limits, release, status and reload; `exit_code` is set by the one that runs.
void add_control_commands(CLI::App& app, ControlOptions& options, int& exit_code);

}  // namespace relay
