#include "tests/support/milter_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace relay::test {
namespace {

// libmilter/mfdef.h: SMFIP_NO* and SMFIP_NR_*
constexpr std::uint32_t kNoConnect = 0x1, kNoHelo = 0x2, kNoMail = 0x4, kNoRcpt = 0x8;
constexpr std::uint32_t kNoReplyConnect = 0x1000, kNoReplyHelo = 0x2000, kNoReplyMail = 0x4000, kNoReplyRcpt = 0x8000;
constexpr unsigned kConnectStage = 0, kHeloStage = 1, kMailStage = 2, kRcptStage = 3, kEndStage = 5;

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error{"milter client: " + what};
}

[[noreturn]] void fail_with_errno(const std::string& what) {
    fail(what + ": " + std::strerror(errno));
}

std::string number(std::uint32_t value) {
    value = htonl(value);
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::uint32_t number_at(std::string_view data, std::size_t offset) {
    std::uint32_t value = 0;
    if (data.size() < offset + sizeof value) fail("packet too short");
    std::memcpy(&value, data.data() + offset, sizeof value);
    return ntohl(value);
}

/// A text of the protocol ends with a NUL.
std::string ended(std::string_view text) {
    return std::string{text} + '\0';
}

int connected(const sockaddr* address, socklen_t size) {
    const int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) fail_with_errno("socket");
    if (::connect(fd, address, size) == 0) return fd;
    const int error = errno;
    close(fd);
    errno = error;
    fail_with_errno("connect");
}

int connect_local(std::string_view path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) fail("path too long");
    std::memcpy(address.sun_path, path.data(), path.size());
    return connected(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

int connect_inet(std::string_view rest, bool is_v6) {
    const auto at = rest.find('@');
    const auto port = htons(static_cast<std::uint16_t>(std::stoi(std::string{rest.substr(0, at)})));
    const std::string host{rest.substr(at + 1)};
    if (is_v6) {
        sockaddr_in6 address{
            .sin6_family = AF_INET6, .sin6_port = port, .sin6_flowinfo = 0, .sin6_addr = {}, .sin6_scope_id = 0};
        if (inet_pton(AF_INET6, host.c_str(), &address.sin6_addr) != 1) fail("not an IPv6 address: " + host);
        return connected(reinterpret_cast<const sockaddr*>(&address), sizeof address);
    }
    sockaddr_in address{.sin_family = AF_INET, .sin_port = port, .sin_addr = {}, .sin_zero = {}};
    if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) fail("not an IPv4 address: " + host);
    return connected(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

int connect_to(std::string_view address) {
    const auto colon = address.find(':');
    const auto kind = address.substr(0, colon);
    const auto rest = address.substr(colon + 1);
    if (kind == "unix" || kind == "local") return connect_local(rest);
    if (kind == "inet" || kind == "inet6") return connect_inet(rest, kind == "inet6");
    fail("unknown kind of socket: " + std::string{address});
}

std::set<std::string> words(std::string_view list) {
    std::set<std::string> found;
    while (!list.empty()) {
        const auto end = std::min(list.find(' '), list.size());
        if (end > 0) found.emplace(list.substr(0, end));
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return found;
}

/// Behind the three numbers: stage, list with NUL, and so on.
std::map<unsigned, std::set<std::string>> macro_lists(std::string_view data) {
    std::map<unsigned, std::set<std::string>> lists;
    for (std::size_t offset = 12; offset < data.size();) {
        const auto stage = number_at(data, offset);
        const auto end = data.find('\0', offset + 4);
        if (end == data.npos) fail("macro list without end");
        lists[stage] = words(data.substr(offset + 4, end - offset - 4));
        offset = end + 1;
    }
    return lists;
}

}  // namespace

MilterClient::MilterClient(std::string_view address) : socket_{connect_to(address)} {}

MilterClient::MilterClient(MilterClient&& other) noexcept
    : macros{std::move(other.macros)},
      socket_{std::exchange(other.socket_, -1)},
      negotiated_{std::move(other.negotiated_)} {}

MilterClient::~MilterClient() {
    if (socket_ >= 0) close(socket_);
}

std::string MilterClient::packet(char letter, std::string_view data) {
    return number(static_cast<std::uint32_t>(data.size() + 1)).append(1, letter).append(data);
}

void MilterClient::send(char letter, std::string_view data) { send_bytes(packet(letter, data)); }

void MilterClient::send_bytes(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto now = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (now < 0) fail_with_errno("send");
        bytes.remove_prefix(static_cast<std::size_t>(now));
    }
}

void MilterClient::wait_readable() {
    pollfd waiting{socket_, POLLIN, 0};
    const auto patience = std::chrono::milliseconds{kPatience};
    if (poll(&waiting, 1, static_cast<int>(patience.count())) != 1) fail("no answer");
}

void MilterClient::read_exactly(char* to, std::size_t size) {
    while (size > 0) {
        wait_readable();
        const auto now = read(socket_, to, size);
        if (now == 0) fail("the filter closed the connection");
        if (now < 0) fail_with_errno("read");
        to += now;
        size -= static_cast<std::size_t>(now);
    }
}

Answer MilterClient::read_answer() {
    char head[5];
    read_exactly(head, sizeof head);
    const auto size = number_at({head, 4}, 0);
    if (size == 0 || size > 1 << 20) fail("packet of impossible size");
    std::string data(size - 1, '\0');
    read_exactly(data.data(), data.size());
    if (head[4] != 'O' && !data.empty() && data.back() == '\0') data.pop_back();
    return {head[4], data};
}

bool MilterClient::is_closed() {
    wait_readable();
    char byte = 0;
    return read(socket_, &byte, 1) <= 0;
}

std::vector<Answer> MilterClient::last_answers() {
    shutdown(socket_, SHUT_WR);
    std::vector<Answer> answers;
    for (char byte = 0; wait_readable(), recv(socket_, &byte, 1, MSG_PEEK) > 0;) answers.push_back(read_answer());
    return answers;
}

const Negotiated& MilterClient::negotiate(const Offer& offer) {
    send('O', number(offer.version) + number(offer.actions) + number(offer.steps));
    const auto [letter, data] = read_answer();
    if (letter != 'O') fail("no negotiation");
    negotiated_ = {number_at(data, 0), number_at(data, 4), number_at(data, 8), macro_lists(data)};
    return negotiated_;
}

void MilterClient::send_macros(char letter, unsigned stage) {
    const auto wanted = negotiated_.macros.find(stage);
    std::string packet{letter};
    for (const auto& [name, value] : macros)
        if (wanted == negotiated_.macros.end() || wanted->second.contains(name)) packet += ended(name) + ended(value);
    if (packet.size() > 1) send('D', packet);
}

std::optional<Answer> MilterClient::command(char letter, unsigned stage, std::string_view data, std::uint32_t left_out,
                                            std::uint32_t no_reply) {
    if (negotiated_.steps & left_out) return {};
    send_macros(letter, stage);
    send(letter, data);
    if (negotiated_.steps & no_reply) return {};
    return read_answer();
}

std::optional<Answer> MilterClient::connect(std::string_view host, std::string_view client_address) {
    const char family = client_address.find(':') == client_address.npos ? '4' : '6';
    const std::string port{"\x9c\x40", 2};
    return command('C', kConnectStage, ended(host) + family + port + ended(client_address), kNoConnect,
                   kNoReplyConnect);
}

std::optional<Answer> MilterClient::connect_without_address(std::string_view host) {
    return command('C', kConnectStage, ended(host) + 'U', kNoConnect, kNoReplyConnect);
}

std::optional<Answer> MilterClient::helo(std::string_view name) {
    return command('H', kHeloStage, ended(name), kNoHelo, kNoReplyHelo);
}

std::optional<Answer> MilterClient::mail(std::string_view reverse_path) {
    return command('M', kMailStage, ended(reverse_path), kNoMail, kNoReplyMail);
}

std::optional<Answer> MilterClient::rcpt(std::string_view forward_path) {
    return command('R', kRcptStage, ended(forward_path), kNoRcpt, kNoReplyRcpt);
}

std::optional<Answer> MilterClient::end_of_message() {
    return command('E', kEndStage, "", 0, 0);
}

void MilterClient::abort() { send('A', ""); }
void MilterClient::quit() { send('Q', ""); }
void MilterClient::quit_and_keep_connection() { send('K', ""); }

}  // namespace relay::test
