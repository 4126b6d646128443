// Calls to one Redis or Valkey server, bounded in time.
//
// A thread that calls has a connection to itself for that long; connections are kept and reused, so that there are as many
// as threads call at once. What is sent together goes out in one write and is answered in order. Each call has a deadline
// for everything it does: finding the master, connecting, logging in, sending and receiving. A server that failed is not
// asked for a second; then one caller asks again, and the others go on failing at once until he had an answer. Thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/settings.h"
#include "policy/source/redis/redis_fault.h"
#include "policy/source/redis/redis_reply.h"
#include "policy/source/redis/redis_url.h"

namespace relay {

/// Lua that the server runs as one step. The text must live as long as the client; make one with static lifetime.
class RedisScript {
public:
    explicit RedisScript(std::string_view text);
    [[nodiscard]] std::string_view text() const { return text_; }
    [[nodiscard]] const std::string& sha1() const { return sha1_; }  ///< 40 hex digits, as EVALSHA wants it.

private:
    std::string_view text_;
    std::string sha1_;
};

/// One run of a script.
struct RedisRun {
    const RedisScript& script;
    std::vector<std::string> keys;
    std::vector<std::string> arguments;
};

class RedisClient {
public:
    /// Connects to nothing yet. `url` as parse_redis_url() takes it; throws std::invalid_argument where it does not.
    RedisClient(const std::string& url, const RedisSettings& settings);
    ~RedisClient();
    RedisClient(const RedisClient&) = delete;
    RedisClient& operator=(const RedisClient&) = delete;

    /// The replies, one for each command, in order; errors of single commands are among them. Throws RedisFault.
    /// `deadline`: nothing means [redis] deadline; for admins' commands, who would rather wait.
    std::vector<RedisReply> call(std::span<const RedisCommand> commands,
                                 std::optional<std::chrono::milliseconds> deadline = {});
    /// Sends the scripts by their sums, and by their texts to a server that does not know them: those run after the
    /// others.
    std::vector<RedisReply> run(std::span<const RedisRun> runs, std::optional<std::chrono::milliseconds> deadline = {});

    /// One command or script; its error is thrown, too.
    RedisReply call(const RedisCommand& command, std::optional<std::chrono::milliseconds> deadline = {});
    RedisReply run(const RedisRun& script, std::optional<std::chrono::milliseconds> deadline = {});

    /// The error reply as the fault it is.
    [[nodiscard]] RedisFault fault_of(const RedisReply::Error& error) const;
    /// For logs: the URL as it was given.
    [[nodiscard]] const std::string& name() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace relay
