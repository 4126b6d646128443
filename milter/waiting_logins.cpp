#include "milter/waiting_logins.h"

#include "policy/source/files/fault.h"
#include "policy/source/redis/redis_url.h"

namespace relay {

std::optional<WaitingLogins> waiting_logins(const Settings& settings) {
    if (!is_redis_url(settings.pop.database)) return std::nullopt;
    try {
        return WaitingLogins{LoginQueue{settings.redis.queue}.state(), {}};
    } catch (const Fault& fault) {
        return WaitingLogins{{}, fault.what()};
    }
}

}  // namespace relay
