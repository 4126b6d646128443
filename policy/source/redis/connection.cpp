#include "policy/source/redis/connection.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace relay {

void append_command(std::string& request, const RedisCommand& command) {
    fmt::format_to(std::back_inserter(request), "*{}\r\n", command.size());
    for (const std::string& word : command) {
        fmt::format_to(std::back_inserter(request), "${}\r\n", word.size());
        request.append(word).append("\r\n");
    }
}

void Connection::closed() const {
    const std::string text{"the server closed the connection"};
    if (answered_) throw RedisFault{RedisFault::Kind::unreachable, text};
    throw ClosedUnanswered{RedisFault::Kind::unreachable, text};
}

short Connection::send_some(std::string_view& unsent) {
    if (unsent.empty()) return 0;
    const Stream::Progress sent = stream_->send(unsent);
    // Where the other side is gone, its last words may still be here to be read.
    unsent.remove_prefix(sent.ended ? unsent.size() : sent.bytes);
    return sent.wait_for;
}

short Connection::receive_some(std::vector<RedisReply>& replies) {
    std::array<char, 16384> buffer;
    const Stream::Progress got = stream_->receive(buffer);
    if (got.ended) closed();
    if (got.bytes == 0) return got.wait_for;
    answered_ = true;
    reader_.feed({buffer.data(), got.bytes});
    while (auto reply = reader_.next()) replies.push_back(*std::move(reply));
    return 0;
}

std::vector<RedisReply> Connection::exchange(std::string_view unsent, std::size_t count, const Deadline& deadline) {
    reader_.begin_call();
    answered_ = false;
    std::vector<RedisReply> replies;
    for (;;) {
        const short to_send = send_some(unsent);
        const short to_receive = receive_some(replies);
        if (replies.size() >= count) break;
        const bool stuck = to_receive != 0 && (unsent.empty() || to_send != 0);
        const short events = static_cast<short>(to_send | to_receive);
        if (deadline.over() || (stuck && !wait_for(stream_->socket(), events, deadline))) throw deadline.missed("no answer");
    }
    if (replies.size() > count || !reader_.empty())
        throw RedisFault{RedisFault::Kind::strange, "the server sent more than it was asked for"};
    return replies;
}

RedisReply Connection::ask(const RedisCommand& command, const Deadline& deadline) {
    std::string request;
    append_command(request, command);
    return std::move(exchange(request, 1, deadline).front());
}

bool Connection::quiet() const {
    pollfd one{stream_->socket(), POLLIN, 0};
    return ::poll(&one, 1, 0) == 0;
}

}  // namespace relay
