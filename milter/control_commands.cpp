#include "milter/control_commands.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "milter/status_command.h"

namespace relay {
namespace {

CLI::App* command_of(CLI::App& app, const char* name, const char* help, ControlOptions& options) {
    CLI::App* command = app.add_subcommand(name, help);
    command
        ->add_option_function<std::string>(
            "-c,--config", [&options](const std::string& file) { options.config = {file, false}; },
            "Configuration (default: " + options.config.file + ")")
        ->type_name("FILE");
    return command;
}

void add_limits(CLI::App& app, ControlOptions& options, int& exit_code) {
    CLI::App* command = command_of(app, "limits", "Show the fullest limits, and logins on the brake", options);
    const auto key = std::make_shared<std::string>();
    const auto reset = std::make_shared<std::string>();
    auto* shown = command->add_option("KEY", *key, "Only this login, client, network or domain");
    command->add_option("--reset", *reset, "Let KEY begin anew in every limit")->type_name("KEY")->excludes(shown);
    command->add_flag("--json", options.json, "Print JSON");
    command->callback([&options, &exit_code, key, reset] {
        exit_code = reset->empty() ? show_limits(options, *key, std::cout, std::cerr)
                                   : reset_limit(options, *reset, std::cout, std::cerr);
    });
}

void add_status(CLI::App& app, ControlOptions& options, int& exit_code) {
    CLI::App* command = command_of(app, "status", "Show what the daemon does, and its errors", options);
    const auto seconds = std::make_shared<unsigned>(2);
    auto* watch = command->add_option("--watch", *seconds, "Again every N seconds (default: 2), until Ctrl-C");
    watch->type_name("[N]")->expected(0, 1)->check(CLI::Range(1U, 3600U));
    command->add_flag("--json", options.json, "Print JSON");
    command->callback([&options, &exit_code, watch, seconds] {
        const bool on_terminal = ::isatty(STDOUT_FILENO) == 1;
        exit_code = watch->count() == 0
                        ? show_status(options, std::cout, std::cerr)
                        : watch_status(options, std::chrono::seconds{*seconds}, on_terminal, std::cout, std::cerr);
    });
}

}  // namespace

void add_control_commands(CLI::App& app, ControlOptions& options, int& exit_code) {
    add_limits(app, options, exit_code);
    const auto login = std::make_shared<std::string>();
    auto* release = command_of(app, "release", "Take a login off the brake", options);
    release->add_option("LOGIN", *login, "The login")->required();
    release->callback([&options, &exit_code, login] { exit_code = release_login(options, *login, std::cout, std::cerr); });
    add_status(app, options, exit_code);
    auto* reload = command_of(app, "reload", "Read the configuration anew, whole or not at all", options);
    reload->callback([&options, &exit_code] { exit_code = reload_daemon(options, std::cout, std::cerr); });
}

}  // namespace relay
