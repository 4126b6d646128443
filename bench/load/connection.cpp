#include "bench/load/connection.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <stdexcept>

#include "bench/load/protocol.h"

namespace relay::bench {
namespace {

constexpr char kContinue = 'c';

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) throw std::runtime_error{"the socket's path is too long"};
    path.copy(address.sun_path, path.size());
    return address;
}

}  // namespace

Connection::State Connection::begin(const std::string& path, const Address& client, bool holds) {
    const auto address = address_of(path);
    socket_ = Descriptor{};
    began_ = Clock::now();
    Descriptor fresh{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!fresh) throw std::runtime_error{"no more sockets; raise the limit of open files"};
    if (::connect(fresh.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ++(errno == EAGAIN ? tally_.full : tally_.refused);
        return State::retry;
    }
    socket_ = std::move(fresh);
    client_ = client;
    holds_ = holds;
    refused_ = is_thinking_ = false;
    next_ = 0;
    received_.clear();
    return send(negotiation());
}

/// One write: the socket takes far more than a step has.
Connection::State Connection::send(const Step& step) {
    awaited_ = step.callback;
    sent_ = Clock::now();
    const auto sent = ::send(socket_.get(), step.bytes.data(), step.bytes.size(), MSG_NOSIGNAL);
    return sent == static_cast<ssize_t>(step.bytes.size()) ? State::answer_awaited : broken();
}

Connection::State Connection::broken() {
    ++tally_.broken;
    socket_ = Descriptor{};
    return State::done;
}

Connection::State Connection::think() {
    is_thinking_ = true;
    return State::think;
}

Connection::State Connection::proceed() {
    is_thinking_ = false;
    if (!socket_) return State::done;
    for (;;) {
        const Step& step = script_.steps[next_++];
        const bool is_left_out = step.bytes.empty() || (refused_ && step.callback >= Callback::data && step.callback < Callback::quit);
        if (!is_left_out) {
            if (const State state = send(step); state == State::done) return state;
            if (step.is_answered) return State::answer_awaited;
        }
        if (next_ == script_.steps.size()) {
            ++tally_.sessions;
            tally_.session.add(answered_ - began_);
            socket_ = Descriptor{};
            return State::done;
        }
        if (thinks && script_.steps[next_].begins_command) return think();
    }
}

Connection::State Connection::negotiated(std::string_view packet) {
    if (script_.answer.empty()) {
        script_.steps = steps_of(script_.session, packet);
        script_.answer = packet;
    }
    if (script_.answer != packet) return broken();
    const Step connect = connect_step(script_.session, packet, client_);
    if (!connect.bytes.empty()) {
        if (const State state = send(connect); state == State::done || connect.is_answered) return state;
    }
    return State::think;
}

Connection::State Connection::answered(std::string_view packet) {
    answered_ = Clock::now();
    tally_.latencies[static_cast<std::size_t>(awaited_)].add(answered_ - sent_);
    if (awaited_ == Callback::negotiate) return negotiated(packet);
    if (awaited_ == Callback::rcpt) {
        ++tally_.rcpt_answers[packet.front()];
        refused_ = packet.front() != kContinue;
        return State::think;
    }
    return packet.front() == kContinue ? State::think : broken();
}

Connection::State Connection::receive() {
    char bytes[4096];
    const auto size = ::recv(socket_.get(), bytes, sizeof bytes, 0);
    if (size < 0 && errno == EAGAIN) return State::answer_awaited;
    if (size <= 0) {
        const State ended = broken();
        return is_thinking_ ? State::answer_awaited : ended;  // proceed() will see it.
    }
    received_.append(bytes, static_cast<std::size_t>(size));
    std::string_view rest = received_;
    const auto packet = take_packet(rest);
    if (packet.empty()) return State::answer_awaited;
    const State state = answered(packet);
    received_.clear();
    if (state != State::think || holds_) return state == State::think ? State::answer_awaited : state;
    return thinks ? think() : proceed();
}

}  // namespace relay::bench
