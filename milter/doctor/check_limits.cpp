// The server of the limits' counts: does it answer the daemon?
#include <fmt/format.h>

#include "milter/doctor/checks.h"
#include "policy/source/files/escaped.h"
#include "policy/source/redis/redis_client.h"

namespace relay::doctor {

Findings check_limit_store(const Machine& machine) {
    const auto& [url, on_failure] = machine.settings.limit_store;
    if (url.empty()) return {};
    constexpr const char* kType = "redis-cli, with user and password of [redis]; see docs/shared-logins.md";
    try {
        RedisClient{url, machine.settings.redis}.call(RedisCommand{"TIME"});
    } catch (const std::exception& fault) {
        if (on_failure == Action::permit)
            return {warning(fmt::format("{} (limits.store)", fault.what()), "limits and the brake stop nobody", kType)};
        return {error(fmt::format("{} (limits.store)", fault.what()),
                      "whom a limit or the brake could stop is deferred with 451 4.3.0", kType)};
    }
    return {ok(fmt::format("{} answers (limits.store)", escaped(url)))};
}

}  // namespace relay::doctor
