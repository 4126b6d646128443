// The options of `milter-relay report`.
#pragma once

#include "milter/report/report.h"

namespace CLI {
class App;
}

namespace relay::report {

/// Adds the command; running it sets `exit_code`. `options` has to live as long as `app`.
void add_report(CLI::App& app, ReportOptions& options, int& exit_code);

}  // namespace relay::report
