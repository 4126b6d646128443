// The milter's socket: the file, its way, and who answers.
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "milter/doctor/checks.h"
#include "milter/doctor/daemon_account.h"
#include "milter/doctor/milter_probe.h"
#include "milter/doctor/running_daemon.h"
#include "milter/doctor/writable.h"
#include "milter/socket.h"
#include "policy/source/files/escaped.h"

namespace relay::doctor {
namespace {

constexpr const char* kStart = "systemctl enable --now milter-relay, then: journalctl -u milter-relay";
constexpr std::chrono::seconds kPatience{5};
constexpr std::uint32_t kWantedVersion = 6;

std::string owner_of(const struct stat& status) {
    const passwd* user = ::getpwuid(status.st_uid);
    const std::string name = user ? user->pw_name : std::to_string(status.st_uid);
    const group* entry = ::getgrgid(status.st_gid);
    return escaped(name + ":" + (entry ? entry->gr_name : std::to_string(status.st_gid)));
}

/// The daemon's own user, or root, who may have opened it for the daemon. An account that is not there is another check's.
bool is_expected_owner(uid_t owner, const Settings& settings) {
    const auto account = daemon_account(settings);
    const auto* known = std::get_if<DaemonAccount>(&account);
    return owner == 0 || !known || owner == known->user;
}

/// Where sendmail connects: its own word, as it may be another than ours; else where we listen.
std::optional<SocketAddress> address_of(const Machine& machine) {
    auto address = parse_socket(machine.settings.socket);
    if (machine.settings.socket.starts_with("fd:") && machine.cf)
        if (const auto* filter = machine.cf->filter("milter-relay")) address = parse_socket(filter->socket);
    const auto* found = std::get_if<SocketAddress>(&address);
    return found && found->family != SocketAddress::Family::inherited ? std::optional{*found} : std::nullopt;
}

/// Sendmail's own rule: nobody but the owner may put another socket in its place.
Findings unsafe_directories(const std::string& path) {
    Findings findings;
    for (const auto& directory : writable_directories(path))
        findings.push_back(error(fmt::format("{} has mode {:04o}", escaped(directory.path), directory.mode),
                                 "sendmail refuses a socket below a directory that group or others can write",
                                 "chmod go-w " + escaped(directory.path)));
    return findings;
}

Finding missing(const std::string& path, int error_number) {
    if (error_number == EACCES) return not_seen(escaped(path) + " cannot be seen");
    return error(fmt::format("{}: {}", escaped(path), std::strerror(error_number)),
                 "sendmail defers all mail (451 4.3.2)", kStart);
}

Finding refused(const SocketAddress& address, const ProbeFault& fault) {
    const auto where = escaped(address.text());
    if (fault.error == EACCES) return not_seen("this user may not connect to " + where);
    const bool is_stale = fault.error == ECONNREFUSED;
    return error(where + ": " + fault.text + (is_stale ? "; no milter-relay runs" : ""),
                 "sendmail defers all mail (451 4.3.2)",
                 is_stale ? kStart : "systemctl restart milter-relay, then: journalctl -u milter-relay");
}

bool is_no_socket(const SocketAddress& address) {
    if (address.family != SocketAddress::Family::local) return false;
    struct stat status {};
    return ::lstat(address.path.c_str(), &status) == 0 ? !S_ISSOCK(status.st_mode) : errno == ENOENT;
}

/// An upgrade replaced the program's file, and the old one still runs.
bool is_old_program(pid_t process) {
    std::error_code ignored;
    const auto program = std::filesystem::read_symlink("/proc/" + std::to_string(process) + "/exe", ignored).string();
    return program.ends_with("/milter-relay (deleted)");
}

}  // namespace

Findings check_socket_file(const Machine& machine) {
    const auto address = address_of(machine);
    if (!address || address->family != SocketAddress::Family::local) return {};
    struct stat status {};
    if (::lstat(address->path.c_str(), &status) != 0) return {missing(address->path, errno)};
    if (!S_ISSOCK(status.st_mode))
        return {error(escaped(address->path) + " is no socket", "milter-relay does not start while it is there",
                      "look at it, then: rm " + escaped(address->path) + "; systemctl restart milter-relay")};
    auto findings = unsafe_directories(address->path);
    if (!is_expected_owner(status.st_uid, machine.settings))
        findings.push_back(error(fmt::format("{} belongs to {}", escaped(address->path), owner_of(status)),
                                 "another user than milter-relay's answers sendmail, and says who may relay",
                                 "look who listens there: ss -xlp; then: systemctl restart milter-relay"));
    const auto text =
        fmt::format("{}: {}, mode {:04o}", escaped(address->path), owner_of(status), status.st_mode & 07777U);
    if (status.st_mode & S_IWOTH)
        findings.push_back(error(text, "everyone on this host may ask it, and who may relay is no one's business",
                                 "chmod o-w " + escaped(address->path)));
    else findings.push_back(ok(text));
    return findings;
}

Findings check_negotiation(const Machine& machine) {
    const auto address = address_of(machine);
    if (!address) return {};
    if (is_no_socket(*address)) return {};  // check_socket_file() says it
    const auto answer = probe_milter(*address, kPatience);
    if (const auto* fault = std::get_if<ProbeFault>(&answer)) return {refused(*address, *fault)};
    const auto& [version, listener] = std::get<MilterAnswer>(answer);
    if (listener > 0 && is_old_program(listener))
        return {warning(fmt::format("process {} runs a program that has been replaced", listener),
                        "an upgrade is not in force", "systemctl restart milter-relay")};
    if (version < kWantedVersion)
        return {warning(fmt::format("{} speaks version {} of the milter protocol", escaped(address->text()), version),
                        "milter-relay speaks 6; this is another milter, or an old libmilter",
                        "systemctl status milter-relay")};
    Findings findings{ok(fmt::format("a milter answers at {}, protocol version {}", escaped(address->text()), version))};
    for (auto& one : judge_running_daemon(machine)) findings.push_back(std::move(one));
    return findings;
}

}  // namespace relay::doctor
