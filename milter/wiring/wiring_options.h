// The command lines of wire and unwire.
#pragma once

#include <CLI/CLI.hpp>

#include "milter/wiring/wire.h"

namespace relay {

/// When one of them is given, it runs and its code is in `exit_code`. `options` and `exit_code` must outlive the parse.
void add_wiring(CLI::App& app, WireOptions& options, int& exit_code);

}  // namespace relay
