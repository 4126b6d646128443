// Opens connections that are ready for use: connected and logged in.
#pragma once

#include <memory>

#include "policy/settings.h"
#include "policy/source/redis/connection.h"
#include "policy/source/redis/handshake.h"
#include "policy/source/redis/redis_url.h"
#include "policy/source/redis/resolver.h"

namespace relay {

/// Thread-safe.
class Connector {
public:
    Connector(RedisUrl url, const RedisSettings& settings);

    /// Throws RedisFault.
    std::unique_ptr<Connection> open(const Deadline& deadline);

private:
    std::unique_ptr<Connection> open_local(const Deadline& deadline);
    std::unique_ptr<Connection> open_host(const RedisUrl::Host& host, const Credentials& credentials, unsigned database,
                                          const Deadline& deadline);

    const RedisUrl url_;
    const Credentials server_;
    const Credentials sentinel_;
    Resolver resolver_;
};

}  // namespace relay
