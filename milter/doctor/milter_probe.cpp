#include "milter/doctor/milter_probe.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "policy/source/files/descriptor.h"

namespace relay::doctor {
namespace {

using std::chrono::milliseconds;
using Opened = std::variant<Descriptor, ProbeFault>;

constexpr std::uint32_t kVersion = 6, kActions = 0x1ff, kSteps = 0x1fffff;
constexpr std::uint32_t kLongestAnswer = 65536;

ProbeFault fault_of(const char* what, int error) { return {error, std::string{what} + ": " + std::strerror(error)}; }

bool is_ready(int socket, short events, milliseconds patience) {
    pollfd waiting{socket, events, 0};
    return ::poll(&waiting, 1, static_cast<int>(patience.count())) == 1;
}

Opened connected(const sockaddr* to, socklen_t size, milliseconds patience) {
    Descriptor socket{::socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket) return fault_of("socket", errno);
    if (::connect(socket.get(), to, size) == 0) return socket;
    if (errno != EINPROGRESS) return fault_of("connect", errno);
    if (!is_ready(socket.get(), POLLOUT, patience)) return fault_of("connect", ETIMEDOUT);
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) return fault_of("connect", error);
    return socket;
}

Opened connect_local(const SocketAddress& address, milliseconds patience) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    if (address.path.size() >= sizeof to.sun_path) return fault_of("connect", ENAMETOOLONG);
    std::memcpy(to.sun_path, address.path.c_str(), address.path.size() + 1);
    return connected(reinterpret_cast<const sockaddr*>(&to), sizeof to, patience);
}

Opened connect_inet(const SocketAddress& address, milliseconds patience) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_family = address.family == SocketAddress::Family::inet6 ? AF_INET6 : AF_INET;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found);
    if (error != 0) return ProbeFault{0, std::string{"the name of the host: "} + ::gai_strerror(error)};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{found, ::freeaddrinfo};
    return connected(found->ai_addr, found->ai_addrlen, patience);
}

std::string packet(char letter, const std::string& rest) {
    const std::uint32_t size = htonl(static_cast<std::uint32_t>(rest.size() + 1));
    std::string bytes(sizeof size, '\0');
    std::memcpy(bytes.data(), &size, sizeof size);
    bytes.push_back(letter);
    return bytes + rest;
}

std::string numbers(std::initializer_list<std::uint32_t> all) {
    std::string bytes;
    for (const std::uint32_t number : all) {
        const std::uint32_t swapped = htonl(number);
        bytes.append(reinterpret_cast<const char*>(&swapped), sizeof swapped);
    }
    return bytes;
}

std::uint32_t number_at(const char* bytes) {
    std::uint32_t number = 0;
    std::memcpy(&number, bytes, sizeof number);
    return ntohl(number);
}

bool read_exactly(int socket, char* to, std::size_t size, milliseconds patience) {
    while (size > 0) {
        if (!is_ready(socket, POLLIN, patience)) return false;
        const auto got = ::read(socket, to, size);
        if (got <= 0) return false;
        to += got;
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

pid_t listener_of([[maybe_unused]] int socket) {
#ifdef SO_PEERCRED
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
#else
    return 0;
#endif
}

std::variant<MilterAnswer, ProbeFault> negotiate(int socket, milliseconds patience) {
    const auto offer = packet('O', numbers({kVersion, kActions, kSteps}));
    const bool taken = ::send(socket, offer.data(), offer.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(offer.size());
    std::array<char, 17> head{};  // length, letter and three numbers
    if (!taken || !read_exactly(socket, head.data(), head.size(), patience))
        return ProbeFault{0, "somebody listens there and does not negotiate"};
    const auto size = number_at(head.data());
    if (head[4] != 'O' || size < 13 || size > kLongestAnswer)
        return ProbeFault{0, "somebody listens there who is no milter"};
    const auto quit = packet('Q', {});
    [[maybe_unused]] const auto sent = ::send(socket, quit.data(), quit.size(), MSG_NOSIGNAL);
    return MilterAnswer{number_at(head.data() + 5), listener_of(socket)};
}

}  // namespace

std::variant<MilterAnswer, ProbeFault> probe_milter(const SocketAddress& address, milliseconds patience) {
    const auto opened = address.family == SocketAddress::Family::local ? connect_local(address, patience)
                                                                       : connect_inet(address, patience);
    if (const auto* fault = std::get_if<ProbeFault>(&opened)) return *fault;
    return negotiate(std::get<Descriptor>(opened).get(), patience);
}

}  // namespace relay::doctor
