// The bytes of a server as replies (RESP2, read by hiredis).
//
// They are hostile: a reply is bounded in bytes, in elements and, by hiredis, in depth. What breaks a bound, or the
// protocol, is a RedisFault of kind strange; the connection is of no use then.
#pragma once

#include <hiredis/read.h>

#include <memory>
#include <optional>
#include <string_view>

#include "policy/source/redis/redis_reply.h"

namespace relay {

class ReplyReader {
public:
    static constexpr std::size_t kMostBytes = std::size_t{64} << 20;    ///< Of all replies to one call.
    static constexpr std::size_t kMostElements = std::size_t{1} << 20;  ///< In all of their arrays.

    ReplyReader();
    ReplyReader(const ReplyReader&) = delete;
    ReplyReader& operator=(const ReplyReader&) = delete;

    /// From here on the bounds count anew.
    void begin_call();
    void feed(std::string_view bytes);
    /// The next whole reply, when it is there. Call it until there is none before feeding again.
    std::optional<RedisReply> next();
    /// No byte waits for the rest of its reply.
    [[nodiscard]] bool empty() const { return reader_->pos == reader_->len; }

    /// For hiredis' callbacks: false when that many are too many.
    bool take_elements(std::size_t count);

private:
    struct Free {
        void operator()(redisReader* reader) const { redisReaderFree(reader); }
    };
    std::unique_ptr<redisReader, Free> reader_;
    std::size_t bytes_ = 0;
    std::size_t elements_ = 0;
};

}  // namespace relay
