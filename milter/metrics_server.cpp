#include "milter/metrics_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <vector>

#include "policy/source/files/no_signals.h"

namespace relay {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kRestAfterFault{100};  // Without descriptors accept(2) fails at once, again and again.

std::string response(std::string_view status, std::string_view type, std::string_view body) {
    return fmt::format("HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n{}\r\n{}", status, type,
                       body.size(), status.starts_with("405") ? "Allow: GET\r\n" : "", body);
}

std::string refusal(std::string_view status) { return response(status, "text/plain; charset=utf-8", "only GET /metrics\n"); }

/// `head` is all of a request up to its empty line.
std::string answer(std::string_view head, const std::function<std::string()>& text) {
    const std::string_view line = head.substr(0, head.find_first_of("\r\n"));
    const std::size_t method_end = line.find(' ');
    const std::size_t target_end = line.rfind(' ');
    if (method_end == line.npos || target_end == method_end || !line.substr(target_end + 1).starts_with("HTTP/1."))
        return refusal("400 Bad Request");
    if (line.substr(0, method_end) != "GET") return refusal("405 Method Not Allowed");
    const std::string_view target = line.substr(method_end + 1, target_end - method_end - 1);
    if (target.substr(0, target.find('?')) != "/metrics") return refusal("404 Not Found");
    return response("200 OK", "text/plain; version=0.0.4; charset=utf-8", text());
}

bool is_complete(std::string_view head) { return head.find("\r\n\r\n") != head.npos || head.find("\n\n") != head.npos; }

/// One peer: its request comes, the answer goes, and what it still sends is thrown away until it closes.
class Peer {
public:
    Peer(Descriptor socket, Clock::time_point deadline) : socket_{std::move(socket)}, deadline_{deadline} {}

    [[nodiscard]] pollfd wanted() const {
        return {socket_.get(), static_cast<short>((closed_ ? 0 : POLLIN) | (out_.empty() ? 0 : POLLOUT)), 0};
    }
    [[nodiscard]] Clock::time_point deadline() const { return deadline_; }

    /// False when there is nothing more to do with it.
    bool go_on(const std::function<std::string()>& text) {
        if (!closed_ && !receive(text)) return false;
        if (!out_.empty() && !send()) return false;
        return !closed_ || !out_.empty();
    }

private:
    bool receive(const std::function<std::string()>& text) {
        std::array<char, MetricsServer::kLongestHead> bytes;
        const auto got = ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (got < 0) return errno == EAGAIN || errno == EINTR;
        closed_ = got == 0;
        if (!answered_) take({bytes.data(), static_cast<std::size_t>(got)}, text);
        return true;
    }

    void take(std::string_view bytes, const std::function<std::string()>& text) {
        in_ += bytes;
        if (is_complete(in_)) out_ = answer(in_, text);
        else if (in_.size() >= MetricsServer::kLongestHead) out_ = refusal("431 Request Header Fields Too Large");
        answered_ = !out_.empty();
        if (answered_) in_.clear();
    }

    bool send() {
        const auto sent = ::send(socket_.get(), out_.data(), out_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN || errno == EINTR;
        out_.erase(0, static_cast<std::size_t>(sent));
        if (out_.empty()) ::shutdown(socket_.get(), SHUT_WR);
        return true;
    }

    Descriptor socket_;
    Clock::time_point deadline_;
    std::string in_, out_;
    bool answered_ = false;
    bool closed_ = false;  ///< By the peer, which may still read.
};

SocketFault cannot_listen(const std::string& where, const char* why) {
    return {EX_UNAVAILABLE, "metrics: cannot listen on " + where + ": " + why + "; change or remove listen in [metrics]"};
}

std::string text_of(const ListenAddress& address) {
    return address.host.find(':') == address.host.npos ? address.host + ":" + address.port
                                                       : "[" + address.host + "]:" + address.port;
}

/// 0, or why it does not listen.
int listen_on(const Descriptor& socket, const addrinfo& at) {
    const int yes = 1;
    if (!socket) return errno;
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0) return errno;
    if (::bind(socket.get(), at.ai_addr, at.ai_addrlen) != 0) return errno;
    return ::listen(socket.get(), 16) == 0 ? 0 : errno;
}

}  // namespace

struct MetricsServer::Parts {
    void work() noexcept {
        while (!stopping) try {
                step();
            } catch (const std::exception&) {  // No memory: whoever waits is sent away.
                peers.clear();
            }
    }

    void step() {
        std::vector<pollfd> waiting{{stop_out.get(), POLLIN, 0}};
        for (const Peer& peer : peers) waiting.push_back(peer.wanted());
        const bool has_room = peers.size() < kMostOpen && Clock::now() >= no_accept_until;
        if (has_room) waiting.push_back({listener.get(), POLLIN, 0});
        static_cast<void>(::poll(waiting.data(), waiting.size(), patience()));
        const auto now = Clock::now();
        for (std::size_t i = peers.size(); i-- > 0;) {
            const bool is_over = peers[i].deadline() <= now || (waiting[i + 1].revents != 0 && !peers[i].go_on(text));
            if (is_over) peers.erase(peers.begin() + static_cast<std::ptrdiff_t>(i));
        }
        if (has_room && waiting.back().revents != 0) accept(now);
    }

    /// Until the next deadline, in milliseconds; -1 where nothing is waited for but a peer.
    [[nodiscard]] int patience() const {
        const auto now = Clock::now();
        auto until = Clock::time_point::max();
        for (const Peer& peer : peers) until = std::min(until, peer.deadline());
        if (no_accept_until > now) until = std::min(until, no_accept_until);
        if (until == Clock::time_point::max()) return -1;
        return static_cast<int>(std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(until - now).count()));
    }

    void accept(Clock::time_point now) {
        Descriptor socket{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
        if (socket) peers.emplace_back(std::move(socket), now + kPatience);
        else if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) no_accept_until = now + kRestAfterFault;
    }

    Descriptor listener, stop_in, stop_out;
    std::function<std::string()> text;
    std::atomic<bool> stopping = false;
    std::vector<Peer> peers;  // The thread's alone, as the next.
    Clock::time_point no_accept_until{};
    std::thread thread;
};

std::variant<std::unique_ptr<MetricsServer>, SocketFault> MetricsServer::open(const ListenAddress& address,
                                                                              std::function<std::string()> text) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (const int fault = ::getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found); fault != 0)
        return cannot_listen(text_of(address), ::gai_strerror(fault));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{found, ::freeaddrinfo};
    auto parts = std::make_unique<Parts>();
    parts->listener = Descriptor{::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (const int fault = listen_on(parts->listener, *found); fault != 0)
        return cannot_listen(text_of(address), std::strerror(fault));
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return cannot_listen(text_of(address), std::strerror(errno));
    parts->stop_out = Descriptor{ends[0]};
    parts->stop_in = Descriptor{ends[1]};
    parts->text = std::move(text);
    const NoSignals of_its_threads;
    parts->thread = std::thread{[p = parts.get()] { p->work(); }};
    return std::unique_ptr<MetricsServer>{new MetricsServer{std::move(parts)}};
}

MetricsServer::MetricsServer(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}

MetricsServer::~MetricsServer() {
    parts_->stopping = true;
    parts_->stop_in = Descriptor{};  // The poll(2) of the thread sees its end.
    parts_->thread.join();
}

}  // namespace relay
