#include "milter/selftest/selftest_command.h"

#include <iostream>

namespace relay::selftest {

void add_selftest(CLI::App& app, SelftestOptions& options, int& exit_code) {
    auto* command = app.add_subcommand("selftest", "Prove on sendmail.cf that no stranger relays");
    const auto read_config = [&options](const std::string& file) { options.config = {file, false}; };
    command
        ->add_option_function<std::string>("-c,--config", read_config,
                                           "Configuration (default: " + options.config.file + ")")
        ->type_name("FILE");
    command->add_option("--cf", options.cf, "sendmail.cf (default: " + options.cf + ")")->type_name("FILE");
    command->add_option("--sendmail", options.sendmail, "The sendmail program")->type_name("FILE");
    command->add_option("--domain", options.domain, "One of our domains (default: sendmail's first)")
        ->type_name("NAME");
    command->add_option("--login", options.login, "Who logs in for the controls (default: selftest)")
        ->type_name("NAME");
    command->add_flag("--all", options.all, "Show the recipients that are refused, too");
    command->add_flag("--json", options.json, "Print JSON");
    command->callback([&] { exit_code = selftest(options, std::cout, std::cerr); });
}

}  // namespace relay::selftest
