// Names of hosts as addresses, within a deadline: getaddrinfo(3) knows none.
//
// It runs in a thread of its own, which a caller waits for as long as he has. The last answer stays known: where it is
// older than a few seconds it is used all the same while it is asked for anew, so that a dead name server does not cost
// what was known. One question per name is under way at a time. Thread-safe.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "policy/source/redis/connect.h"
#include "policy/source/redis/redis_url.h"

namespace relay {

class Resolver {
public:
    static constexpr std::chrono::seconds kFresh{5};

    /// What a name stands for; an error's text where it stands for nothing.
    struct Answer {
        std::vector<ServerAddress> addresses;
        std::string error;
    };
    using Ask = std::function<Answer(const RedisUrl::Host&)>;

    explicit Resolver(Ask ask = ask_system);

    /// At least one. Throws RedisFault. An address in the place of a name asks nobody.
    std::vector<ServerAddress> find(const RedisUrl::Host& host, const Deadline& deadline);

    /// getaddrinfo(3).
    static Answer ask_system(const RedisUrl::Host& host);

private:
    /// Shared with the thread that asks, which may outlive us.
    struct Name {
        std::mutex mutex;
        std::condition_variable answered;
        bool asking = false;
        unsigned answers = 0;
        Answer last;
        Deadline::Clock::time_point since{};
    };
    std::shared_ptr<Name> name_of(const RedisUrl::Host& host);
    void ask(const std::shared_ptr<Name>& name, const RedisUrl::Host& host);

    Ask ask_;
    std::mutex mutex_;
    std::map<std::pair<std::string, unsigned>, std::shared_ptr<Name>> names_;
};

}  // namespace relay
