#include "milter/report/report_command.h"

#include <CLI/CLI.hpp>
#include <iostream>

namespace relay::report {

void add_report(CLI::App& app, ReportOptions& options, int& exit_code) {
    auto* command = app.add_subcommand("report", "Say who relayed, how, and who needs POP");
    auto* files = command->add_option("FILE", options.files,
                                      "Mail logs, also .gz; - is standard input (default: those in /var/log)");
    command->add_flag("--journal", options.journal, "Read the system's journal")->excludes(files);
    command->add_option("--since", options.since, "Not what is before: 2026-11-01, 2026-11-01T12:00, 30d")
        ->type_name("TIME");
    command->add_option("--until", options.until, "Only what is before")->type_name("TIME");
    command->add_option("--top", options.top, "Rows of each table; 0 for all (default: 20)")->type_name("N");
    auto* json = command->add_flag("--json", options.json, "Print JSON");
    command->add_flag("--csv", options.csv, "Print CSV")->excludes(json);
    command->callback([&] { exit_code = report(options, std::cout, std::cerr); });
}

}  // namespace relay::report
