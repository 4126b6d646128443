// The limits and the guard of one configuration, with their counts in the store of the process.
//
// Immutable but for the store; thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/settings.h"
#include "policy/source/limits/limit_store.h"
#include "policy/source/limits/limits.h"

namespace relay {

class LimitSet : public Limits {
public:
    /// Without a store nothing is ever counted: every look-up is absent.
    LimitSet(const Settings& settings, std::shared_ptr<LimitStore> store);

    [[nodiscard]] Lookup<OverLimits> charge(const LimitSubject& subject, bool message_counted, LimitTime now) const override;
    [[nodiscard]] Lookup<OverLimits> peek(const LimitSubject& subject, bool message_counted, LimitTime now) const override;

    void count_refusal(const LimitSubject& subject, LimitTime now) const override;
    [[nodiscard]] bool counts_refusals() const override { return counts_refusals_; }

    [[nodiscard]] Lookup<Braked> brake(std::string_view login, const std::optional<Address>& seen_from,
                                       LimitTime now) const override;
    [[nodiscard]] std::optional<Braked> count_against(std::string_view login, GuardCause cause, LimitTime now) const override;

    [[nodiscard]] std::vector<Fill> fullest(std::size_t most, const std::string& only, LimitTime now) const override;
    std::size_t reset(const std::string& key) const override;
    [[nodiscard]] std::vector<Brake> brakes(LimitTime now) const override;
    bool release(const std::string& login, LimitTime now) const override;
    [[nodiscard]] std::uint64_t forgotten() const override;

private:
    struct Limit {
        LimitSettings settings;
        Pace pace;
        std::shared_ptr<LimitTable> table;
    };
    [[nodiscard]] std::vector<LimitTable::Demand> demands(const LimitSubject& subject, bool message_counted) const;
    /// Charges the demands, and says which had no room.
    [[nodiscard]] static Lookup<OverLimits> judged(std::vector<LimitTable::Demand> demands, LimitTime now);

    std::vector<Limit> limits_;
    GuardSettings guard_;
    bool counts_refusals_ = false;
    std::shared_ptr<LimitStore> store_;
};

}  // namespace relay
