// The limits and the guard of one configuration, with their counts on a Redis server that other hosts ask as well: a limit
// holds over all of them together, and a login that one host brakes is braked at each.
//
// Times are the server's: the `now` of every call is ignored. Immutable; thread-safe. What it throws is a RedisFault.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/settings.h"
#include "policy/source/limits/limit_demand.h"
#include "policy/source/limits/limits.h"
#include "policy/source/redis/redis_client.h"
#include "policy/source/shared/limit_scripts.h"

namespace relay {

class SharedLimits : public Limits {
public:
    /// What a server's clock tells apart; the pace of a limit is rounded up to it.
    static constexpr std::chrono::microseconds kStep{1};
    /// Of each call on behalf of an admin.
    static constexpr std::chrono::milliseconds kAdminDeadline{2000};
    /// Steps of SCAN, of a thousand keys of whatever kind, that fullest() takes before it gives up.
    static constexpr std::size_t kMostSteps = 10'000;
    static constexpr std::size_t kMostBrakes = 10'000;

    SharedLimits(const Settings& settings, std::shared_ptr<RedisClient> client, const LimitScripts& scripts = limit_scripts());

    [[nodiscard]] Lookup<OverLimits> charge(const LimitSubject& subject, bool message_counted, LimitTime now) const override;
    [[nodiscard]] Lookup<OverLimits> peek(const LimitSubject& subject, bool message_counted, LimitTime now) const override;

    void count_refusal(const LimitSubject& subject, LimitTime now) const override;
    [[nodiscard]] bool counts_refusals() const override { return counts_refusals_; }

    [[nodiscard]] Lookup<Braked> brake(std::string_view login, const std::optional<Address>& seen_from,
                                       LimitTime now) const override;
    [[nodiscard]] std::optional<Braked> count_against(std::string_view login, GuardCause cause, LimitTime now) const override;

    /// Throws std::runtime_error where the server has more keys than kMostSteps go through.
    [[nodiscard]] std::vector<Fill> fullest(std::size_t most, const std::string& only, LimitTime now) const override;
    std::size_t reset(const std::string& key) const override;
    /// At most kMostBrakes.
    [[nodiscard]] std::vector<Brake> brakes(LimitTime now) const override;
    bool release(const std::string& login, LimitTime now) const override;
    /// The server's memory is the server's business.
    [[nodiscard]] std::uint64_t forgotten() const override { return 0; }

private:
    struct Limit {
        LimitSettings settings;
        Pace pace;
        std::string name;  ///< On the server, without the key.
    };
    struct Demand : LimitDemand {
        const Limit* of = nullptr;
    };
    struct Standing {
        GuardRecord record;    ///< Its brake alone, as seen from a `now` of zero.
        bool is_new = false;
    };
    [[nodiscard]] std::vector<Demand> demands(const LimitSubject& subject, bool message_counted) const;
    /// Charges them, and takes the answers in.
    void ask(std::vector<Demand>& demands) const;
    [[nodiscard]] Lookup<OverLimits> judged(std::vector<Demand> demands) const;

    /// The brake that holds, if one does, once the event has been counted.
    std::optional<Standing> ask_guard(std::string_view login, std::string_view event, std::vector<std::string> arguments,
                                      std::optional<std::chrono::milliseconds> deadline = {}) const;

    /// How full the key of that name is; nothing: it owes nothing, or is of no limit.
    [[nodiscard]] std::optional<Fill> fill_of(const std::string& name, const RedisReply& value, LimitTime now) const;
    [[nodiscard]] std::vector<Fill> fills_of(const std::vector<std::string>& names) const;
    /// Of one key in every limit.
    [[nodiscard]] std::vector<std::string> names_of(const std::string& key) const;

    std::shared_ptr<RedisClient> client_;
    const LimitScripts& scripts_;
    std::vector<Limit> limits_;
    GuardSettings guard_;
    bool counts_refusals_ = false;
};

}  // namespace relay
