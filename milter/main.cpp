// milter-relay: the command line.
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "milter/command_line.h"
#include "milter/commands.h"
#include "milter/control_commands.h"
#include "milter/daemon.h"
#include "milter/doctor/doctor_command.h"
#include "milter/explain.h"
#include "milter/report/report_command.h"
#include "milter/selftest/selftest_command.h"
#include "milter/wiring/wiring_options.h"
#include "version.h"

namespace relay {
namespace {

/// The default file may be missing, one that was named may not.
void add_config(CLI::App& command, ConfigChoice& config) {
    command
        .add_option_function<std::string>(
            "-c,--config",
            [&config](const std::string& file) {
                config = {file, false};
            },
            "Configuration (default: " + config.file + ")")
        ->type_name("FILE");
}

void add_run(CLI::App& app, ConfigChoice& config, int& exit_code) {
    auto* command = app.add_subcommand("run", "Answer sendmail until SIGTERM; SIGHUP reloads");
    add_config(*command, config);
    auto target = std::make_shared<std::string>("syslog");
    command->add_option("--log", *target, "Where log lines go: syslog or stderr")
        ->type_name("TARGET")->check(CLI::IsMember({"syslog", "stderr"}));
    command->callback([&config, &exit_code, target] {
        const auto log = *target == "stderr" ? LogTarget::standard_error : LogTarget::syslog;
        exit_code = run({config.file, config.missing_is_default, log});
    });
}

void add_check_config(CLI::App& app, ConfigChoice& config, int& exit_code) {
    auto* command =
        app.add_subcommand("check-config", "Check and print the configuration");
    add_config(*command, config);
    command->callback([&] { exit_code = check_config(config, std::cout, std::cerr); });
}

void add_explain(CLI::App& app, ExplainOptions& options, int& exit_code) {
    auto* command = app.add_subcommand("explain", "Say what a recipient would be answered, and why");
    add_config(*command, options.config);
    const auto add = [command](const char* name, auto& value, const char* type, const char* help) {
        return command->add_option(name, value, help)->type_name(type);
    };
    add("--client", options.client, "ADDRESS", "Who connects; \"local\" for a local submission")->required();
    add("--to", options.to, "PATH", "RCPT TO, with or without angle brackets")->required();
    add("--from", options.from, "PATH", "MAIL FROM (default: <>)");
    add("--name", options.name, "NAME", "{client_name}");
    add("--resolve", options.resolve, "WORD", "{client_resolve}: OK, FAIL, FORGED or TEMP");
    add("--auth", options.auth, "LOGIN", "SMTP AUTH as this login");
    add("--mechanism", options.mechanism, "NAME", "... by this mechanism (default: PLAIN)");
    add("--ssf", options.ssf, "BITS", "... with this strength (default: 0)");
    add("--tls", options.tls, "VERSION[:BITS]", "Under TLS, as TLSv1.3 (256 bits) or TLSv1.2:128");
    add("--dest", options.dest, "WORD", "What sendmail says of it: ours, other or temp");
    add("--relay-client", options.relay_client, "WORD", "... of the client: auth, tls, trusted, temp, unknown");
    add("--host", options.host, "NAME", "Sendmail's own name, $j (default: this host's)");
    add("--recipients-before", options.recipients_before, "N", "Recipients of this message permitted before");
    add("--mailer", options.mailer, "NAME", "The mailer that sendmail chose (plain wiring)");
    add("--policy", options.policy, "WORD", "auth+pop, auth-only or pop-only");
    add("--at", options.at, "TIME", "Seconds since 1970, or 2026-01-31T12:00:00Z");
    add("--database", options.database, "FILE", "Another relayers.db than the configured one");
    command->add_flag("--json", options.json, "Print JSON");
    command->callback([&] { exit_code = explain(options, std::cout, std::cerr); });
}

int command_line(int argc, char** argv) {
    CLI::App app{"Decides on a sendmail server who may relay. See milter-relay(8).", "milter-relay"};
    app.set_version_flag("--version", std::string{"milter-relay "} + kVersion);
    app.require_subcommand(1);
    use_short_help(app);
    int exit_code = EX_OK;
    ConfigChoice config;
    ExplainOptions options;
    report::ReportOptions report_options;
    doctor::DoctorOptions doctor_options;
    add_run(app, config, exit_code);
    add_check_config(app, config, exit_code);
    add_explain(app, options, exit_code);
    ControlOptions control_options;
    add_control_commands(app, control_options, exit_code);
    report::add_report(app, report_options, exit_code);
    doctor::add_doctor(app, doctor_options, exit_code);
    WireOptions wire_options;
    add_wiring(app, wire_options, exit_code);
    selftest::SelftestOptions selftest_options;
    selftest::add_selftest(app, selftest_options, exit_code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        if (error.get_exit_code() == 0) return app.exit(error) == 0 ? EX_OK : EX_USAGE;  // --help, --version
        std::cerr << usage_problem(app, error, {argv + 1, argv + argc}) << '\n';
        return EX_USAGE;
    }
    return exit_code;
}

}  // namespace
}  // namespace relay

int main(int argc, char** argv) try {
    return relay::command_line(argc, argv);
} catch (const std::exception& fault) {
    std::cerr << "milter-relay: " << fault.what() << '\n';
    return EX_SOFTWARE;
}
