// The limits and the guard of one configuration, on the store of the process: what answers Question::limits and ::brake.
//
// Immutable but for the store; thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/findings.h"
#include "policy/limit.h"
#include "policy/settings.h"
#include "policy/source/limits/counts.h"
#include "policy/source/limits/limit_store.h"

namespace relay {

class LimitSet : public Counts {
public:
    /// Without a store nothing is ever counted: every look-up is absent.
    LimitSet(const Settings& settings, std::shared_ptr<LimitStore> store);

    [[nodiscard]] Lookup<OverLimits> charge(const LimitSubject& subject, bool message_counted, LimitTime now) const override;
    /// What charge() would say; charges nothing.
    [[nodiscard]] Lookup<OverLimits> peek(const LimitSubject& subject, bool message_counted, LimitTime now) const;

    /// One refused recipient more, for the limits that count refusals.
    void count_refusal(const LimitSubject& subject, LimitTime now) const;
    [[nodiscard]] bool counts_refusals() const { return counts_refusals_; }

    [[nodiscard]] Lookup<Braked> brake(std::string_view login, const std::optional<Address>& seen_from,
                                       LimitTime now) const override;

    /// One more refusal or limit hit of a login: what braked it, if that did.
    [[nodiscard]] std::optional<Braked> count_against(std::string_view login, GuardCause cause, LimitTime now) const;

    /// A key and how full it is, for the admin.
    struct Fill {
        const LimitSettings* limit = nullptr;
        std::string key;
        unsigned used = 0;  ///< Of limit->burst.
        LimitTime wait{0};  ///< Until there is room again; zero where there is.
    };
    /// The fullest `most` keys, fullest first; of the key `only` alone where it is not empty.
    [[nodiscard]] std::vector<Fill> fullest(std::size_t most, const std::string& only, LimitTime now) const;
    /// Empties the key in every limit that knows it; in how many.
    std::size_t reset(const std::string& key) const;

    struct Brake {
        std::string login;
        std::string why;                ///< "6 networks within 3600 s"
        std::optional<LimitTime> left;  ///< Nothing: until it is released.
    };
    [[nodiscard]] std::vector<Brake> brakes(LimitTime now) const;
    /// False when the login was not braked.
    bool release(const std::string& login, LimitTime now) const;

    /// Keys that were forgotten since the start because a table was full.
    [[nodiscard]] std::uint64_t forgotten() const;

private:
    struct Limit {
        LimitSettings settings;
        Pace pace;
        std::shared_ptr<LimitTable> table;
    };
    [[nodiscard]] std::vector<LimitTable::Demand> demands(const LimitSubject& subject, bool message_counted) const;
    [[nodiscard]] Braked braked_by(const GuardRecord& record, LimitTime now) const;
    /// Charges the demands, and says which had no room.
    [[nodiscard]] Lookup<OverLimits> judged(std::vector<LimitTable::Demand> demands, LimitTime now) const;
    [[nodiscard]] OverLimits over(const std::vector<LimitTable::Demand>& demands) const;

    std::vector<Limit> limits_;
    GuardSettings guard_;
    bool counts_refusals_ = false;
    std::shared_ptr<LimitStore> store_;
};

}  // namespace relay
