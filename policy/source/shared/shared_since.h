// Since when a server holds every login (kSinceKey): asked and said by who looks after it. Throws RedisFault.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "policy/source/redis/redis_client.h"

namespace relay {

/// Nothing where it does not say.
std::optional<std::chrono::sys_seconds> since_on(RedisClient& server, std::chrono::milliseconds deadline);
/// Since now, by the server's clock; false where it says another time already.
bool set_since_where_missing(RedisClient& server, std::chrono::milliseconds deadline);
/// Puts a key of its own there, by which lower_since() sees whether the server lost what it held in between.
std::string set_mark(RedisClient& server, std::chrono::milliseconds deadline);
/// At `since` or earlier. Takes the mark away; where it is gone already, false, and nothing is changed.
bool lower_since(RedisClient& server, std::chrono::sys_seconds since, const std::string& mark, std::chrono::milliseconds deadline);

}  // namespace relay
