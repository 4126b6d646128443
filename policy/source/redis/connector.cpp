#include "policy/source/redis/connector.h"

#include "policy/source/redis/connect.h"

namespace relay {

Connector::Connector(RedisUrl url, const RedisSettings& settings)
    : url_{std::move(url)},
      server_{settings.user, settings.password_file},
      sentinel_{settings.sentinel_user, settings.sentinel_password_file} {}

std::unique_ptr<Connection> Connector::open(const Deadline& deadline) {
    if (!url_.path.empty()) return open_local(deadline);
    return open_host(url_.hosts.front(), server_, url_.database, deadline);
}

std::unique_ptr<Connection> Connector::open_local(const Deadline& deadline) {
    auto connection = std::make_unique<Connection>(std::make_unique<Stream>(connect_to_local(url_.path, deadline)));
    shake_hands(*connection, server_, url_.database, deadline);
    return connection;
}

std::unique_ptr<Connection> Connector::open_host(const RedisUrl::Host& host, const Credentials& credentials, unsigned database,
                                                 const Deadline& deadline) {
    auto connection = std::make_unique<Connection>(std::make_unique<Stream>(connect_to(resolver_.find(host, deadline), deadline)));
    shake_hands(*connection, credentials, database, deadline);
    return connection;
}

}  // namespace relay
