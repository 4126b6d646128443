// Reads the logins on a server: found, absent or failed, each for the right reason. Keys: shared_keys.h.
//
// A server that was emptied, or is new, knows only the logins since then: who is absent there is Failed until the window has
// passed, for he may have logged in before. So is who is absent soon after it was away, or took no changes: his login may
// still be on its way. One call a look-up, within [redis] deadline; nothing is kept here. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "policy/settings.h"
#include "policy/source/logins/clock_watch.h"
#include "policy/source/logins/login_reader.h"
#include "policy/source/redis/redis_client.h"

namespace relay {

class SharedReader : public LoginReader {
public:
    SharedReader(std::shared_ptr<RedisClient> server, const PopSettings& settings);

    /// With prefix6 < 128 the newest of 1,000 entries of the network, the lowest addresses.
    [[nodiscard]] Lookup<LoginRecord> find(const Address& client) const override;

private:
    struct Answer;
    [[nodiscard]] Answer ask(const Address& client) const;
    [[nodiscard]] Answer ask_for_network(const Address& client) const;
    [[nodiscard]] Lookup<LoginRecord> judge(const Answer& answer) const;
    void look_whether_it_takes_logins() const;

    std::shared_ptr<RedisClient> server_;
    std::chrono::seconds window_;
    unsigned prefix6_;
    mutable ClockWatch clock_{ClockWatch::now()};
    /// By the steady clock: when logins could not be sent to it, as far as is known here, and when that was looked at last.
    mutable std::atomic<std::chrono::seconds> away_{std::chrono::seconds{-1'000'000}};
    mutable std::atomic<std::chrono::seconds> looked_{std::chrono::seconds{-1'000'000}};
};

}  // namespace relay
