// One connection to a server: what is sent together is answered in order, within a deadline.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/source/redis/reply_reader.h"
#include "policy/source/redis/stream.h"

namespace relay {

/// As RESP has it, after what is there already.
void append_command(std::string& request, const RedisCommand& command);

/// The other side closed the connection before the first byte of a reply, as it does with idle ones: the request may be
/// sent again on a fresh one.
struct ClosedUnanswered : RedisFault {
    using RedisFault::RedisFault;
};

class Connection {
public:
    explicit Connection(std::unique_ptr<Stream> stream) : stream_{std::move(stream)} {}

    /// Sends `request` and takes `count` replies. Throws RedisFault; the connection is of no use then.
    std::vector<RedisReply> exchange(std::string_view request, std::size_t count, const Deadline& deadline);
    /// One request; an error reply is a reply, too.
    RedisReply ask(const RedisCommand& command, const Deadline& deadline);

    /// Nothing came that was not asked for, not even the end.
    [[nodiscard]] bool quiet() const;

private:
    /// Both give the events to wait for, 0 where something went.
    short send_some(std::string_view& unsent);
    short receive_some(std::vector<RedisReply>& replies);
    [[noreturn]] void closed() const;

    std::unique_ptr<Stream> stream_;
    ReplyReader reader_;
    bool answered_ = false;  ///< A byte of this call's replies has come.
};

}  // namespace relay
