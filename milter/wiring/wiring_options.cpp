#include "milter/wiring/wiring_options.h"

#include <iostream>

namespace relay {
namespace {

void add_files(CLI::App& command, WireOptions& options) {
    command.add_option("--mc", options.mc, "sendmail.mc (default: " + options.mc + ")")->type_name("FILE");
    command.add_option("--cf", options.cf, "sendmail.cf (default: " + options.cf + ")")->type_name("FILE");
    command.add_option("--cf-dir", options.cf_directory, "sendmail's cf folder")->type_name("DIRECTORY");
    command.add_option("--sendmail", options.sendmail, "The sendmail program")->type_name("FILE");
    command.add_flag("-n,--dry-run", options.dry_run, "Build, try and show it, and change nothing");
    command.add_flag("--force", options.force, "Also where sendmail.cf is not what sendmail.mc builds");
}

}  // namespace

void add_wiring(CLI::App& app, WireOptions& options, int& exit_code) {
    auto* put_in = app.add_subcommand("wire", "Put the feature into sendmail.mc, and rebuild");
    add_files(*put_in, options);
    put_in->add_option("--policy", options.policy, "auth+pop, auth-only or pop-only")->type_name("WORD");
    put_in->add_option("--socket", options.socket, "Where the milter listens")->type_name("SOCKET");
    put_in->callback([&] { exit_code = wire(options, std::cout, std::cerr); });
    auto* take_out = app.add_subcommand("unwire", "Take the feature out again");
    add_files(*take_out, options);
    take_out->callback([&] { exit_code = unwire(options, std::cout, std::cerr); });
}

}  // namespace relay
