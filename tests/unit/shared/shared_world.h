// What the tests of shared limits begin with: a server, hosts that share it, and somebody who sends.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/source/shared/shared_limits.h"
#include "tests/support/redis_server.h"

namespace relay {

inline constexpr LimitTime kIgnored{0};  ///< Shared limits go by the server's clock.

inline LimitSettings limit(const char* name, LimitPer per, LimitCount count, unsigned max) {
    LimitSettings settings;
    settings.name.assign(name);
    settings.per = per;
    settings.bits = 24;
    settings.count = count;
    settings.max = settings.burst = max;
    return settings;
}

inline Settings with_limits(std::vector<LimitSettings> limits) {
    Settings settings;
    settings.limits = std::move(limits);
    settings.guard.on = true;
    settings.guard.networks = 1;
    return settings;
}

/// Patient, since the machine may be busy: no test waits for a deadline but those that say so.
inline std::shared_ptr<RedisClient> client_of(const RedisServer& server, std::chrono::milliseconds deadline = std::chrono::seconds{5}) {
    RedisSettings settings;
    settings.deadline = deadline;
    return std::make_shared<RedisClient>(server.url(), settings);
}

/// One SMTP host: connections of its own.
inline SharedLimits host_of(const RedisServer& server, const Settings& settings) { return {settings, client_of(server)}; }

inline LimitSubject alice() { return {"alice", Address::parse("192.0.2.1")}; }

/// The names of the limits that were exceeded; "failed" where nobody knows.
inline std::string over(const Lookup<OverLimits>& answer) {
    if (answer.failed()) return "failed";
    std::string names;
    if (answer.found())
        for (const OverLimit& limit : answer.value().limits) names += limit.limit + ' ';
    return names;
}

/// What a command answers, run as an admin would.
inline RedisReply asked(const RedisServer& server, const RedisCommand& command) {
    return client_of(server)->call(command);
}

}  // namespace relay
