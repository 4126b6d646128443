#include "policy/source/redis/connect.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "policy/source/redis/stream.h"

namespace relay {
namespace {

/// Nothing, or the word of the system for why not.
int pending_error(const Descriptor& socket) {
    int error = 0;
    socklen_t size = sizeof error;
    return ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

/// EPERM comes from no server.
RedisFault not_connected(int error) {
    RedisFault fault = unreachable("connect", error);
    if (error != EPERM) return fault;
    return {fault.kind, std::string{fault.what()} + "; does IPAddressAllow= of the systemd unit have the address?"};
}

/// connect(2)'s error; a socket of this host whose backlog is full is tried again while there is time.
int begin_to_connect(const Descriptor& socket, const ServerAddress& address, const Deadline& deadline) {
    while (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0) {
        const int error = errno;
        if (address.storage.ss_family != AF_UNIX || error != EAGAIN || deadline.over()) return error;
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return 0;
}

Descriptor connect_one(const ServerAddress& address, const Deadline& deadline) {
    Descriptor socket{::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket) throw unreachable("socket", errno);
    const int on = 1;
    if (address.storage.ss_family != AF_UNIX) ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const int error_at_once = begin_to_connect(socket, address, deadline);
    if (error_at_once == 0) return socket;
    if (error_at_once != EINPROGRESS && error_at_once != EINTR) throw not_connected(error_at_once);
    if (!wait_for(socket.get(), POLLOUT, deadline)) throw deadline.missed("no connection");
    if (const int error = pending_error(socket)) throw unreachable("connect", error);
    return socket;
}

}  // namespace

Descriptor connect_to(const std::vector<ServerAddress>& addresses, const Deadline& deadline) {
    for (std::size_t i = 0; i + 1 < addresses.size(); ++i) {
        try {
            return connect_one(addresses[i], deadline.share(addresses.size() - i));
        } catch (const RedisFault&) {
            continue;  // The last one's fault is told.
        }
    }
    return connect_one(addresses.back(), deadline);
}

Descriptor connect_to_local(const std::string& path, const Deadline& deadline) {
    ServerAddress address;
    auto& local = reinterpret_cast<sockaddr_un&>(address.storage);
    local.sun_family = AF_UNIX;
    path.copy(local.sun_path, sizeof local.sun_path - 1);
    address.size = sizeof local;
    return connect_one(address, deadline);
}

}  // namespace relay
