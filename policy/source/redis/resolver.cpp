#include "policy/source/redis/resolver.h"

#include <netdb.h>

#include <cstring>
#include <system_error>
#include <thread>

#include "policy/source/files/escaped.h"
#include "policy/source/redis/stream.h"

namespace relay {
namespace {

Resolver::Answer ask_with(const RedisUrl::Host& host, int flags) {
    addrinfo wanted{}, *found = nullptr;
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = flags | AI_NUMERICSERV;
    const int error = ::getaddrinfo(host.name.c_str(), std::to_string(host.port).c_str(), &wanted, &found);
    if (error != 0) return {{}, ::gai_strerror(error)};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list{found, ::freeaddrinfo};
    Resolver::Answer answer;
    for (const addrinfo* one = found; one; one = one->ai_next) {
        ServerAddress& address = answer.addresses.emplace_back();
        std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
        address.size = one->ai_addrlen;
    }
    return answer;
}

/// A Sentinel may have named it: any bytes.
std::string shown(const RedisUrl::Host& host) { return escaped(host.name.substr(0, 200)); }

}  // namespace

Resolver::Resolver(Ask ask) : ask_{std::move(ask)} {}

Resolver::Answer Resolver::ask_system(const RedisUrl::Host& host) { return ask_with(host, 0); }

std::shared_ptr<Resolver::Name> Resolver::name_of(const RedisUrl::Host& host) {
    const std::scoped_lock lock{mutex_};
    auto& name = names_[{host.name, host.port}];
    if (!name) name = std::make_shared<Name>();
    return name;
}

/// With the name's lock held. A refusal never takes the place of addresses: those may still be right.
void Resolver::ask(const std::shared_ptr<Name>& name, const RedisUrl::Host& host) {
    name->asking = true;
    std::thread([name, host, ask = ask_] {
        Answer answer;
        try {
            answer = ask(host);
        } catch (const std::exception& fault) {
            answer.error = fault.what();
        }
        const std::scoped_lock lock{name->mutex};
        if (!answer.addresses.empty() || name->last.addresses.empty()) name->last = std::move(answer);
        name->since = Deadline::Clock::now();
        name->asking = false;
        ++name->answers;
        name->answered.notify_all();
    }).detach();
}

std::vector<ServerAddress> Resolver::find(const RedisUrl::Host& host, const Deadline& deadline) {
    if (Answer numeric = ask_with(host, AI_NUMERICHOST); !numeric.addresses.empty()) return std::move(numeric.addresses);
    const auto name = name_of(host);
    std::unique_lock lock{name->mutex};
    const bool known = !name->last.addresses.empty();
    const bool fresh = known && Deadline::Clock::now() - name->since < kFresh;
    try {
        if (!fresh && !name->asking) ask(name, host);
    } catch (const std::system_error& no_thread) {
        name->asking = false;
        if (!known) throw unreachable("find " + shown(host), no_thread.code().value());
    }
    if (known) return name->last.addresses;
    const unsigned before = name->answers;
    if (!name->answered.wait_for(lock, deadline.left(), [&] { return name->answers != before; }))
        throw deadline.missed("no address of " + shown(host));
    if (name->last.addresses.empty())
        throw RedisFault{RedisFault::Kind::unreachable, "find " + shown(host) + ": " + name->last.error};
    return name->last.addresses;
}

}  // namespace relay
