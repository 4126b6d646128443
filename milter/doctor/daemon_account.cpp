#include "milter/doctor/daemon_account.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include "policy/source/files/escaped.h"

namespace relay::doctor {
namespace {

namespace fs = std::filesystem;

/// The words behind "KEY:" in /proc/PID/status.
std::vector<std::string> status_words(const fs::path& process, const std::string& key) {
    std::ifstream file{process / "status"};
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with(key + ":")) continue;
        std::istringstream rest{line.substr(key.size() + 1)};
        return {std::istream_iterator<std::string>{rest}, {}};
    }
    return {};
}

bool is_daemon(const fs::path& process, uid_t user) {
    std::ifstream file{process / "comm"};
    std::string name;
    std::getline(file, name);
    if (name != "milter-relay") return false;
    const auto users = status_words(process, "Uid");
    return users.size() > 1 && users[1] == std::to_string(user) && process.filename() != std::to_string(::getpid());
}

/// The supplementary groups of a milter-relay that runs as this user.
std::optional<std::vector<gid_t>> running_groups(uid_t user) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator{"/proc", ignored}) {
        const auto name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != name.npos || !is_daemon(entry.path(), user)) continue;
        std::vector<gid_t> groups;
        for (const auto& word : status_words(entry.path(), "Groups"))
            groups.push_back(static_cast<gid_t>(std::stoul(word)));
        return groups;
    }
    return std::nullopt;
}

std::vector<gid_t> listed_groups(const DaemonAccount& account) {
    std::vector<gid_t> groups(256);
    int count = static_cast<int>(groups.size());
    if (::getgrouplist(account.name.c_str(), account.group, groups.data(), &count) < 0) return {account.group};
    groups.resize(static_cast<std::size_t>(count));
    return groups;
}

[[noreturn]] void try_open(const DaemonAccount& account, const std::string& path) {
    const bool is_other = ::setgroups(account.groups.size(), account.groups.data()) == 0 &&
                          ::setgid(account.group) == 0 && ::setuid(account.user) == 0;
    if (!is_other) ::_exit(255);
    ::_exit(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC) >= 0 ? 0 : errno);
}

}  // namespace

std::variant<DaemonAccount, std::string> daemon_account(const Settings& settings) {
    const passwd* entry = ::getpwnam(settings.user.c_str());
    if (!entry) return "there is no user \"" + escaped(settings.user) + "\"";
    DaemonAccount account{settings.user, entry->pw_uid, entry->pw_gid, {}, false};
    if (auto groups = running_groups(account.user)) {
        account.groups = std::move(*groups);
        account.is_running = true;
    } else {
        account.groups = listed_groups(account);
    }
    return account;
}

int open_as(const DaemonAccount& account, const std::string& path) {
    const pid_t child = ::fork();
    if (child < 0) return -1;
    if (child == 0) try_open(account, path);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return -1;
    if (!WIFEXITED(status) || WEXITSTATUS(status) == 255) return -1;
    return WEXITSTATUS(status);
}

}  // namespace relay::doctor
