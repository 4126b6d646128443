// The command line of selftest.
#pragma once

#include <CLI/CLI.hpp>

#include "milter/selftest/selftest.h"

namespace relay::selftest {

/// When it is given, it runs and its code is in `exit_code`. `options` and `exit_code` must outlive the parse.
void add_selftest(CLI::App& app, SelftestOptions& options, int& exit_code);

}  // namespace relay::selftest
