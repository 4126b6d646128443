#include "policy/source/redis/connector.h"

#include <charconv>

#include "policy/source/files/escaped.h"
#include "policy/source/redis/connect.h"

namespace relay {
namespace {

using Kind = RedisFault::Kind;
using Host = RedisUrl::Host;

std::string text_of(const Host& host) { return escaped(host.name.substr(0, 200)) + ":" + std::to_string(host.port); }

/// [name, port], both texts.
Host host_in(const RedisReply& reply) {
    const auto* pair = reply.array();
    const auto* name = pair && pair->size() == 2 ? (*pair)[0].text() : nullptr;
    const auto* digits = name ? (*pair)[1].text() : nullptr;
    Host host;
    if (digits) std::from_chars(digits->data(), digits->data() + digits->size(), host.port);
    if (host.port == 0 || name->empty() || name->find('\0') != std::string::npos)
        throw RedisFault{Kind::strange, "its answer is no address of a master"};
    host.name = *name;
    return host;
}

void judge_role(const RedisReply& reply) {
    if (const auto* error = reply.error()) throw RedisFault{Kind::refused, "ROLE: " + escaped(error->text.substr(0, 200))};
    const auto* array = reply.array();
    const auto* role = array && !array->empty() ? array->front().text() : nullptr;
    if (!role) throw RedisFault{Kind::strange, "its answer to ROLE is none"};
    if (*role != "master")
        throw RedisFault{Kind::refused, "the Sentinels call it the master; it says that it is a " + escaped(role->substr(0, 40))};
}

}  // namespace

Connector::Connector(RedisUrl url, const RedisSettings& settings)
    : url_{std::move(url)},
      server_{settings.user, settings.password_file},
      sentinel_{settings.sentinel_user, settings.sentinel_password_file},
      tls_{settings} {}

std::unique_ptr<Connection> Connector::open(const Deadline& deadline) {
    if (!url_.path.empty()) return open_local(deadline);
    if (has_sentinels()) return open_master(deadline);
    return open_host(url_.hosts.front(), server_, url_.database, deadline);
}

std::unique_ptr<Connection> Connector::open_local(const Deadline& deadline) {
    auto connection = std::make_unique<Connection>(std::make_unique<Stream>(connect_to_local(url_.path, deadline)));
    shake_hands(*connection, server_, url_.database, deadline);
    return connection;
}

std::unique_ptr<Connection> Connector::open_host(const Host& host, const Credentials& credentials, unsigned database,
                                                 const Deadline& deadline) {
    Descriptor socket = connect_to(resolver_.find(host, deadline), deadline);
    auto stream = url_.tls ? tls_.open(std::move(socket), host.name, deadline) : std::make_unique<Stream>(std::move(socket));
    auto connection = std::make_unique<Connection>(std::move(stream));
    shake_hands(*connection, credentials, database, deadline);
    return connection;
}

std::unique_ptr<Connection> Connector::open_master(const Deadline& deadline) {
    const Host master = find_master(deadline);
    remember(master);
    try {
        auto connection = open_host(master, server_, url_.database, deadline);
        judge_role(connection->ask({"ROLE"}, deadline));
        return connection;
    } catch (const RedisFault& fault) {
        avoid_master();
        throw RedisFault{fault.kind, text_of(master) + ": " + fault.what()};
    }
}

Host Connector::find_master(const Deadline& deadline) {
    std::size_t first = 0;
    {
        const std::scoped_lock lock{mutex_};
        first = first_sentinel_;
    }
    std::string faults;
    for (std::size_t i = 0; i < url_.hosts.size(); ++i) {
        const std::size_t at = (first + i) % url_.hosts.size();
        try {
            // A share is left for the master.
            Host master = ask_sentinel(url_.hosts[at], deadline.share(url_.hosts.size() - i + 1));
            const std::scoped_lock lock{mutex_};
            first_sentinel_ = at;
            return master;
        } catch (const RedisFault& fault) {
            faults.append("; ").append(text_of(url_.hosts[at])).append(": ").append(fault.what());
        }
    }
    throw RedisFault{Kind::unreachable, "no Sentinel names the master" + faults};
}

Host Connector::ask_sentinel(const Host& sentinel, const Deadline& deadline) {
    const auto connection = open_host(sentinel, sentinel_, 0, deadline);
    const RedisReply reply = connection->ask({"SENTINEL", "get-master-addr-by-name", url_.master}, deadline);
    if (const auto* error = reply.error()) throw RedisFault{Kind::refused, escaped(error->text.substr(0, 200))};
    if (reply.nil()) throw RedisFault{Kind::refused, "it knows no master \"" + url_.master + '"'};
    return host_in(reply);
}

void Connector::remember(const Host& master) {
    const std::scoped_lock lock{mutex_};
    if (avoided_ == master && Deadline::Clock::now() < avoided_until_)
        throw RedisFault{Kind::unreachable, text_of(master) + ": failed a moment ago, and the Sentinels name no other"};
    master_ = master;
}

void Connector::avoid_master() {
    const std::scoped_lock lock{mutex_};
    avoided_ = master_;
    avoided_until_ = Deadline::Clock::now() + kAvoided;
}

}  // namespace relay
