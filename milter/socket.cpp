#include "milter/socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include "policy/source/files/descriptor.h"
#include "policy/source/files/escaped.h"
#include "policy/source/config/socket_name.h"

namespace relay {
namespace {

using Family = SocketAddress::Family;

SocketFault system_fault(std::string_view what, const std::string& path, int error) {
    const bool forbidden = error == EACCES || error == EPERM;
    return {forbidden ? EX_NOPERM : EX_OSERR, fmt::format("{} {}: {}", what, escaped(path), std::strerror(error))};
}

SocketFault in_use(const SocketAddress& address, std::string_view why) {
    return {EX_UNAVAILABLE, fmt::format("{}: {}; is another milter-relay running?", escaped(address.text()), why)};
}

std::string without_brackets(std::string_view host) {
    return std::string{host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host};
}

/// 0 when someone answers, else errno. Waits a second at the most.
int knock(const sockaddr* address, socklen_t size) {
    const Descriptor socket_fd{socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket_fd) return errno;
    if (connect(socket_fd.get(), address, size) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    pollfd waiting{socket_fd.get(), POLLOUT, 0};
    if (poll(&waiting, 1, 1000) != 1) return ETIMEDOUT;
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(socket_fd.get(), SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

int knock_local(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return knock(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

std::string directory_of(const SocketAddress& address) {
    return std::filesystem::path{address.path}.parent_path().string();
}

std::optional<SocketFault> make_way_local(const SocketAddress& address) {
    if (access(directory_of(address).c_str(), W_OK | X_OK) != 0)
        return system_fault("cannot make a socket in", directory_of(address), errno);
    struct stat found {};
    if (lstat(address.path.c_str(), &found) != 0)
        return errno == ENOENT ? std::nullopt : std::optional{system_fault("cannot look at", address.path, errno)};
    if (!S_ISSOCK(found.st_mode))
        return SocketFault{EX_UNAVAILABLE, escaped(address.path) + " is there and is not a socket; it is left alone"};
    const int answer = knock_local(address.path);
    if (answer == 0 || answer == EAGAIN) return in_use(address, "someone answers there");
    if (answer != ECONNREFUSED) return system_fault("cannot tell whether someone listens on", address.path, answer);
    if (unlink(address.path.c_str()) != 0) return system_fault("cannot remove the stale socket", address.path, errno);
    return {};
}

std::optional<SocketFault> make_way_inet(const SocketAddress& address) {
    addrinfo hints{};
    hints.ai_family = address.family == Family::inet ? AF_INET : AF_INET6;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    if (const int error = getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &list); error != 0)
        return SocketFault{EX_OSERR, fmt::format("{}: {}", escaped(address.text()), gai_strerror(error))};
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner{list, freeaddrinfo};
    if (knock(list->ai_addr, list->ai_addrlen) == 0) return in_use(address, "someone answers there");
    return {};
}

}  // namespace

std::string SocketAddress::text() const {
    switch (family) {
        case Family::local: return "local:" + path;
        case Family::inet: return "inet:" + port + "@" + host;
        case Family::inet6: return "inet6:" + port + "@" + (host.find(':') == host.npos ? host : "[" + host + "]");
        case Family::inherited: return "fd:" + port;
    }
    return {};
}

std::variant<SocketAddress, SocketFault> parse_socket(std::string_view text) {
    if (const auto problem = socket_problem(text); !problem.empty())
        return SocketFault{EX_CONFIG, fmt::format("socket \"{}\": {}", escaped(text), problem)};
    const auto colon = text.find(':');
    const auto kind = text.substr(0, colon);
    const auto rest = text.substr(colon + 1);
    if (kind == "unix" || kind == "local") return SocketAddress{Family::local, std::string{rest}, {}, {}};
    if (kind == "fd") return SocketAddress{Family::inherited, {}, {}, std::string{rest}};
    const auto at = rest.find('@');
    return SocketAddress{kind == "inet" ? Family::inet : Family::inet6, {}, without_brackets(rest.substr(at + 1)),
                         std::string{rest.substr(0, at)}};
}

std::optional<SocketAddress> handed_over_socket() {
    const char* process = std::getenv("LISTEN_PID");
    const char* count = std::getenv("LISTEN_FDS");
    if (!process || !count || process != std::to_string(getpid()) || std::string_view{count} != "1") return {};
    return SocketAddress{Family::inherited, {}, {}, "3"};
}

std::optional<SocketFault> make_socket_directory(const SocketAddress& address, uid_t user, gid_t group) {
    if (address.family != Family::local) return {};
    const auto directory = directory_of(address);
    if (mkdir(directory.c_str(), 0755) != 0)
        return errno == EEXIST ? std::nullopt
                               : std::optional{system_fault("cannot make the directory", directory, errno)};
    if (chmod(directory.c_str(), 0755) != 0 || (geteuid() == 0 && lchown(directory.c_str(), user, group) != 0))
        return system_fault("cannot set owner and mode of", directory, errno);
    return {};
}

std::optional<SocketFault> make_way(const SocketAddress& address) {
    switch (address.family) {
        case Family::local: return make_way_local(address);
        case Family::inet:
        case Family::inet6: return make_way_inet(address);
        case Family::inherited: return {};
    }
    return {};
}

std::variant<SocketFile, SocketFault> SocketFile::adopt(const SocketAddress& address, mode_t mode) {
    SocketFile file;
    if (address.family != Family::local) return file;
    struct stat made {};
    if (chmod(address.path.c_str(), mode) != 0 || lstat(address.path.c_str(), &made) != 0)
        return system_fault("cannot set the mode of", address.path, errno);
    file.path_ = address.path;
    file.device_ = made.st_dev;
    file.inode_ = made.st_ino;
    return file;
}

void SocketFile::remove() {
    struct stat now {};
    if (path_.empty() || lstat(path_.c_str(), &now) != 0) return;
    if (now.st_dev == device_ && now.st_ino == inode_) unlink(path_.c_str());
}

}  // namespace relay
