#include "policy/source/shared/shared_since.h"

#include "policy/source/shared/shared_keys.h"

namespace relay {
namespace {

/// KEYS: since. ARGV: another time; without, the server's.
const RedisScript kLowerScript{R"lua(
local said = redis.call('GET', KEYS[1])
said = said and string.match(said, '^%d+$') and tonumber(said)
local wanted = ARGV[1] or redis.call('TIME')[1]
if said and (not ARGV[1] or said <= tonumber(wanted)) then return 0 end
redis.call('SET', KEYS[1], wanted)
return 1
)lua"};

bool lower(RedisClient& server, std::vector<std::string> to, std::chrono::milliseconds deadline) {
    const auto reply = server.run({kLowerScript, {std::string{kSinceKey}}, std::move(to)}, deadline);
    return reply.integer() && *reply.integer() == 1;
}

}  // namespace

std::optional<std::chrono::sys_seconds> since_on(RedisClient& server, std::chrono::milliseconds deadline) {
    const auto reply = server.call(RedisCommand{"GET", std::string{kSinceKey}}, deadline);
    return reply.text() ? since_of(*reply.text()) : std::nullopt;
}

bool set_since_where_missing(RedisClient& server, std::chrono::milliseconds deadline) { return lower(server, {}, deadline); }

void lower_since(RedisClient& server, std::chrono::sys_seconds since, std::chrono::milliseconds deadline) {
    lower(server, {std::to_string(since.time_since_epoch().count())}, deadline);
}

}  // namespace relay
