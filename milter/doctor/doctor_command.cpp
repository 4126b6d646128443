#include "milter/doctor/doctor_command.h"

#include <CLI/CLI.hpp>
#include <iostream>

namespace relay::doctor {

void add_doctor(CLI::App& app, DoctorOptions& options, int& exit_code) {
    auto* command = app.add_subcommand("doctor", "Say what is wrong here, and what to type");
    command
        ->add_option_function<std::string>(
            "-c,--config",
            [&](const std::string& file) {
                options.config = {file, false};
            },
            "Configuration (default: " + options.config.file + ")")
        ->type_name("FILE");
    command->add_option("--sendmail-cf", options.sendmail_cf, "Sendmail's own (default: " + options.sendmail_cf + ")")
        ->type_name("FILE");
    command->add_option("--auth", options.login, "Ask for the password of this login, and check it as sendmail would")
        ->type_name("LOGIN");
    command->add_flag("--json", options.json, "Print JSON");
    command->callback([&] { exit_code = doctor(options, std::cout, std::cerr); });
}

}  // namespace relay::doctor
