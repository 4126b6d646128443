// Opens connections that are ready for use: to the server, or to the master that the Sentinels name; logged in.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "policy/settings.h"
#include "policy/source/redis/connection.h"
#include "policy/source/redis/handshake.h"
#include "policy/source/redis/redis_url.h"
#include "policy/source/redis/resolver.h"
#include "policy/source/redis/tls_client.h"

namespace relay {

/// Thread-safe.
class Connector {
public:
    /// So long a master that failed is not tried again; the Sentinels may name another meanwhile.
    static constexpr std::chrono::seconds kAvoided{1};

    Connector(RedisUrl url, const RedisSettings& settings);

    [[nodiscard]] bool has_sentinels() const { return !url_.master.empty(); }
    /// Throws RedisFault.
    std::unique_ptr<Connection> open(const Deadline& deadline);
    /// A connection to it did not do.
    void avoid_master();

private:
    using Host = RedisUrl::Host;

    std::unique_ptr<Connection> open_local(const Deadline& deadline);
    std::unique_ptr<Connection> open_host(const Host& host, const Credentials& credentials, unsigned database,
                                          const Deadline& deadline);
    std::unique_ptr<Connection> open_master(const Deadline& deadline);
    Host find_master(const Deadline& deadline);
    Host ask_sentinel(const Host& sentinel, const Deadline& deadline);
    /// Throws when it is one that failed just now.
    void remember(const Host& master);

    const RedisUrl url_;
    const Credentials server_;
    const Credentials sentinel_;
    Resolver resolver_;
    TlsClient tls_;

    std::mutex mutex_;
    std::size_t first_sentinel_ = 0;  ///< The one that answered last.
    std::optional<Host> master_;      ///< That the Sentinels named last.
    std::optional<Host> avoided_;
    Deadline::Clock::time_point avoided_until_{};
};

}  // namespace relay
