// The Lua by which a server charges limits and keeps the brake, each script one step for everybody who asks.
//
// The arithmetic is that of policy/limit.h and policy/guard.h in whole microseconds: a number of Lua holds no finer time
// since 1970. Redis 5 or newer, or Valkey.
#pragma once

#include <string>
#include <string_view>

#include "policy/source/redis/redis_client.h"

namespace relay {

class LimitScripts {
public:
    /// `clock`: Lua that leaves the microseconds since 1970 in a local variable `now`.
    explicit LimitScripts(std::string_view clock);
    LimitScripts(const LimitScripts&) = delete;
    LimitScripts& operator=(const LimitScripts&) = delete;

    /// KEYS: one for each limit. ARGV, for each: interval, depth, 1 where it is binding, 1 where it is free; as LimitDemand
    /// has them. Answers an array of the microseconds that each would have to be waited for; all are charged, or none.
    [[nodiscard]] const RedisScript& charge() const { return charge_; }

    /// KEYS: the hash of a login, the sorted set of the braked. ARGV: the login, the event, and as the event wants:
    ///   "look"
    ///   "networks", hold, within, most, network     it has authenticated from there
    ///   "refusals" or "limit hits", hold, within, most, interval, depth
    ///   "release"                                   all that is known of it is forgotten
    /// hold 0: until it is released. Answers nil for a login that is not braked, and else {microseconds left or -1, cause,
    /// how many, 1 where this braked it}, as it was before for "release".
    [[nodiscard]] const RedisScript& guard() const { return guard_; }

private:
    std::string charge_text_;
    std::string guard_text_;
    RedisScript charge_;
    RedisScript guard_;
};

/// By the server's clock, which is one for all that ask it.
const LimitScripts& limit_scripts();

}  // namespace relay
