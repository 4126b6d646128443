// Since when a server holds every login (kSinceKey): asked and said by who looks after it. Throws RedisFault.
#pragma once

#include <chrono>
#include <optional>

#include "policy/source/redis/redis_client.h"

namespace relay {

/// Nothing where it does not say.
std::optional<std::chrono::sys_seconds> since_on(RedisClient& server, std::chrono::milliseconds deadline);
/// Since now, by the server's clock; false where it says another time already.
bool set_since_where_missing(RedisClient& server, std::chrono::milliseconds deadline);
/// At `since` or earlier.
void lower_since(RedisClient& server, std::chrono::sys_seconds since, std::chrono::milliseconds deadline);

}  // namespace relay
