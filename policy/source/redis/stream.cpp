#include "policy/source/redis/stream.h"

#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace relay {
namespace {

bool ends_it(int error) { return error == EPIPE || error == ECONNRESET; }

Stream::Progress progress(ssize_t moved, short wait_for, const char* doing) {
    if (moved >= 0) return {.bytes = static_cast<std::size_t>(moved)};
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {.wait_for = wait_for};
    if (errno == EINTR) return {.wait_for = wait_for};
    if (ends_it(errno)) return {.ended = true};
    throw unreachable(doing, errno);
}

}  // namespace

Stream::Progress Stream::send(std::string_view bytes) {
    return progress(::send(socket(), bytes.data(), bytes.size(), MSG_NOSIGNAL), POLLOUT, "send");
}

Stream::Progress Stream::receive(std::span<char> into) {
    const ssize_t got = ::recv(socket(), into.data(), into.size(), 0);
    if (got == 0) return {.ended = true};
    return progress(got, POLLIN, "receive");
}

bool wait_for(int socket, short events, const Deadline& deadline) {
    for (;;) {
        pollfd one{socket, events, 0};
        const int ready = ::poll(&one, 1, deadline.poll_timeout());
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) throw unreachable("poll", errno);
        if (deadline.over()) return false;
    }
}

RedisFault unreachable(const std::string& doing, int error) {
    return {RedisFault::Kind::unreachable, doing + ": " + std::generic_category().message(error)};
}

}  // namespace relay
