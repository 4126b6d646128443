#include "policy/source/shared/shared_since.h"

#include <fmt/format.h>

#include <random>

#include "policy/source/shared/shared_keys.h"

namespace relay {
namespace {

/// KEYS: since, and where there is one the mark of a copy. ARGV: another time; without, the server's. -1: the mark is gone.
const RedisScript kLowerScript{R"lua(
if KEYS[2] and redis.call('DEL', KEYS[2]) == 0 then return -1 end
local said = redis.call('GET', KEYS[1])
said = said and string.match(said, '^%d+$') and tonumber(said)
local wanted = ARGV[1] or redis.call('TIME')[1]
if said and (not ARGV[1] or said <= tonumber(wanted)) then return 0 end
redis.call('SET', KEYS[1], wanted)
return 1
)lua"};

constexpr const char* kMarkLife = "604800";  // seconds: no copy takes a week

std::int64_t lower(RedisClient& server, std::vector<std::string> keys, std::vector<std::string> to, std::chrono::milliseconds deadline) {
    keys.insert(keys.begin(), std::string{kSinceKey});
    const auto reply = server.run({kLowerScript, std::move(keys), std::move(to)}, deadline);
    return reply.integer() ? *reply.integer() : 0;
}

}  // namespace

std::optional<std::chrono::sys_seconds> since_on(RedisClient& server, std::chrono::milliseconds deadline) {
    const auto reply = server.call(RedisCommand{"GET", std::string{kSinceKey}}, deadline);
    return reply.text() ? since_of(*reply.text()) : std::nullopt;
}

bool set_since_where_missing(RedisClient& server, std::chrono::milliseconds deadline) {
    return lower(server, {}, {}, deadline) == 1;
}

std::string set_mark(RedisClient& server, std::chrono::milliseconds deadline) {
    std::random_device chance;
    std::string mark = fmt::format("{}{:08x}{:08x}", kCopyPrefix, chance(), chance());
    server.call(RedisCommand{"SET", mark, "", "EX", kMarkLife}, deadline);
    return mark;
}

bool lower_since(RedisClient& server, std::chrono::sys_seconds since, const std::string& mark, std::chrono::milliseconds deadline) {
    return lower(server, {mark}, {std::to_string(since.time_since_epoch().count())}, deadline) >= 0;
}

}  // namespace relay
