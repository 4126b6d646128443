// Says whether the logins on a server are sound, and mends what can be mended without guessing.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "policy/source/files/watch.h"
#include "policy/source/logins/verification.h"
#include "policy/source/redis/redis_client.h"

namespace relay {

struct SharedCheck {
    std::shared_ptr<RedisClient> server;
    std::chrono::seconds window;  ///< [pop] window
    std::chrono::milliseconds deadline;
};

/// Of each key, each datum and its end, the index of IPv6 entries, and the time since when all are there. Throws Fault.
Verification verify_shared(const SharedCheck& check, Watch& watch);

struct SharedRepair {
    std::size_t mended = 0;   ///< Entries that were not in the index, or had no end.
    bool since_set = false;   ///< The server did not say since when it holds all logins, and says now: since now.
    Verification left;        ///< What was found after that.
};

/// Entries that cannot be read are left as they are: a login or `delete` takes their place. Throws Fault.
SharedRepair repair_shared(const SharedCheck& check, Watch& watch);

}  // namespace relay
