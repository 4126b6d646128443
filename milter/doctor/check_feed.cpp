// Who writes the logins down: vsmtprelay follow, where it is installed as a service.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "milter/doctor/checks.h"

namespace relay::doctor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUnit = "vsmtprelay-follow.service";

/// The arguments of a process, each ended by a NUL; empty where it may not be seen.
std::string command_line(const fs::path& process) {
    std::ifstream file{process / "cmdline"};
    std::string text;
    std::getline(file, text, '\n');
    return text.substr(0, 4096);
}

bool is_follower(const std::string& line) {
    const auto end = line.find('\0');
    if (end == line.npos) return false;
    const auto program = line.substr(0, end);
    return fs::path{program}.filename() == "vsmtprelay" && line.find(std::string{"\0follow\0", 8}) != line.npos;
}

std::optional<std::string> follower() {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator{"/proc", ignored}) {
        const auto name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") == name.npos && is_follower(command_line(entry.path()))) return name;
    }
    return std::nullopt;
}

bool is_installed() {
    for (const char* directory : {"/etc/systemd/system/", "/lib/systemd/system/", "/usr/lib/systemd/system/"})
        if (std::error_code ignored; fs::exists(std::string{directory} + kUnit, ignored)) return true;
    return false;
}

}  // namespace

Findings check_feed(const Machine& machine) {
    if (machine.methods() == Methods::auth_only) return {ok("not needed: the policy is auth-only")};
    if (const auto process = follower()) return {ok("vsmtprelay follow runs, process " + *process)};
    if (std::error_code ignored; is_installed() && fs::exists("/run/systemd/system", ignored))
        return {error(std::string{kUnit} + " is installed and does not run",
                      "no login is written down, so that POP before SMTP stops",
                      std::string{"systemctl enable --now "} + kUnit + ", then: journalctl -u " + kUnit)};
    return {ok("vsmtprelay follow does not run here; another program may write the logins")};
}

}  // namespace relay::doctor
