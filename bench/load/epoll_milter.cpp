// epoll_milter: what the milter protocol costs without libmilter: one thread that answers by the packet's letter, with our
// negotiation. It reads no macro and decides nothing, and trusts its peer: a floor, and no milter.
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <unordered_map>

#include "bench/load/protocol.h"
#include "milter/macros.h"

namespace relay::bench {
namespace {

std::string negotiation() {
    std::string payload, packet;
    append_number(payload, 6);
    append_number(payload, SMFIF_SETSYMLIST);
    append_number(payload, SMFIP_NOHELO | SMFIP_NODATA | SMFIP_NOHDRS | SMFIP_NOEOH | SMFIP_NOBODY | SMFIP_NOUNKNOWN |
                               SMFIP_NR_CONN | SMFIP_NR_MAIL);
    for (const auto& [stage, names] : {std::pair{SMFIM_CONNECT, kConnectMacros}, {SMFIM_ENVFROM, kMailMacros}, {SMFIM_ENVRCPT, kRcptMacros}}) {
        append_number(payload, static_cast<std::uint32_t>(stage));
        append_text(payload, names);
    }
    append_packet(packet, SMFIC_OPTNEG, payload);
    return packet;
}

std::string go_on() {
    std::string packet;
    append_packet(packet, SMFIR_CONTINUE, "");
    return packet;
}

/// False when the session is over.
bool serve(int fd, std::string& received) {
    static const std::string kNegotiation = negotiation(), kContinue = go_on();
    char bytes[4096];
    const auto size = read(fd, bytes, sizeof bytes);
    if (size <= 0) return false;
    received.append(bytes, static_cast<std::size_t>(size));
    std::string_view rest = received;
    std::string answer;
    for (auto packet = take_packet(rest); !packet.empty(); packet = take_packet(rest)) {
        if (packet.front() == SMFIC_QUIT) return false;
        if (packet.front() == SMFIC_OPTNEG) answer += kNegotiation;
        if (packet.front() == SMFIC_RCPT || packet.front() == SMFIC_BODYEOB) answer += kContinue;
    }
    received.erase(0, received.size() - rest.size());
    return answer.empty() || send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(answer.size());
}

int run(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(listening, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listening, 1024) != 0) return 71;
    const int epoll = epoll_create1(0);
    const auto watch = [epoll](int fd) {
        epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    };
    watch(listening);
    std::unordered_map<int, std::string> sessions;
    for (epoll_event events[256];;) {
        const int count = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < count; ++i) {
            const int fd = events[i].data.fd;
            if (fd == listening) {
                for (int fresh; (fresh = accept4(listening, nullptr, nullptr, SOCK_NONBLOCK)) >= 0; watch(fresh)) sessions[fresh];
            } else if (!serve(fd, sessions[fd])) {
                sessions.erase(fd);
                close(fd);
            }
        }
    }
}

}  // namespace
}  // namespace relay::bench

int main(int argc, char** argv) {
    if (argc == 2) return relay::bench::run(argv[1]);
    std::fprintf(stderr, "usage: %s SOCKET\n", argv[0]);
    return 64;
}
