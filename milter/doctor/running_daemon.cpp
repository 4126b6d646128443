#include "milter/doctor/running_daemon.h"

#include <fmt/format.h>
#include <sysexits.h>

#include "milter/control_path.h"
#include "milter/control_request.h"
#include "policy/source/files/escaped.h"
#include "version.h"

namespace relay::doctor {
namespace {

constexpr const char* kRestart = "systemctl restart milter-relay";

Finding cannot_ask(const Machine& machine, const NoAnswer& no) {
    if (no.exit_code == EX_NOPERM) return not_seen("this user may not ask the daemon: " + escaped(control_path(machine.settings)));
    return warning(no.text, "milter-relay status, reload, limits and release cannot ask the daemon; mail does not need it",
                   std::string{kRestart} + ", then: journalctl -u milter-relay");
}

Findings judge_configuration(const Machine& machine, const nlohmann::json& read) {
    const auto file = read.at("file").get<std::string>();
    if (file != escaped(machine.config_file))
        return {warning("the running daemon goes by " + file, "what is said here of " + escaped(machine.config_file) + " is not in force",
                        "milter-relay doctor -c " + file)};
    if (!machine.config_errors.empty()) return {};  // check_configuration() says so
    if (read.at("has_changed").get<bool>())
        return {warning(fmt::format("{} says something else than when the daemon read it, at {}", file, read.at("read_at").get<std::string>()),
                        "the daemon goes by what it read", "milter-relay reload")};
    return {ok(fmt::format("the running daemon goes by {} as it is", file))};
}

}  // namespace

Findings judge_running_daemon(const Machine& machine) try {
    if (control_path(machine.settings).empty()) return {ok("control = \"\": the running daemon cannot be asked for its version")};
    const auto status = ask_daemon(machine.settings, "/status", {}, false);
    const auto version = status.at("version").get<std::string>();
    if (version != kVersion)
        return {warning(fmt::format("the running daemon is version {}, and this program is {}", escaped(version), kVersion),
                        "an upgrade is not in force", kRestart)};
    auto findings = judge_configuration(machine, status.at("configuration"));
    findings.push_back(ok("the running daemon is version " + version + ", as this program"));
    return findings;
} catch (const NoAnswer& no) {
    return {cannot_ask(machine, no)};
} catch (const nlohmann::json::exception& fault) {
    return {warning("the running daemon's answer is not understood: " + escaped(fault.what()), "it is of another version than this program",
                    kRestart)};
}

}  // namespace relay::doctor
