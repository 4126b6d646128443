// All that is asked of the limits and the guard of one configuration, wherever their counts are.
//
// Thread-safe. Where the counts are elsewhere they may be out of reach: a Lookup is Failed then, and what returns none
// throws an exception whose text is printable and says what failed, where.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/guard.h"
#include "policy/source/limits/counts.h"

namespace relay {

class Limits : public Counts {
public:
    /// What charge() would say; charges nothing.
    [[nodiscard]] virtual Lookup<OverLimits> peek(const LimitSubject& subject, bool message_counted, LimitTime now) const = 0;

    /// One refused recipient more, for the limits that count refusals.
    virtual void count_refusal(const LimitSubject& subject, LimitTime now) const = 0;
    [[nodiscard]] virtual bool counts_refusals() const = 0;

    /// One more refusal or limit hit of a login: what braked it, if that did.
    [[nodiscard]] virtual std::optional<Braked> count_against(std::string_view login, GuardCause cause, LimitTime now) const = 0;

    /// A key and how full it is, for the admin.
    struct Fill {
        const LimitSettings* limit = nullptr;
        std::string key;
        unsigned used = 0;  ///< Of limit->burst.
        LimitTime wait{0};  ///< Until there is room again; zero where there is.
    };
    /// The fullest `most` keys, fullest first; of the key `only` alone where it is not empty.
    [[nodiscard]] virtual std::vector<Fill> fullest(std::size_t most, const std::string& only, LimitTime now) const = 0;
    /// Empties the key in every limit that knows it; in how many.
    virtual std::size_t reset(const std::string& key) const = 0;

    struct Brake {
        std::string login;
        std::string why;                ///< "6 networks within 3600 s"
        std::optional<LimitTime> left;  ///< Nothing: until it is released.
    };
    [[nodiscard]] virtual std::vector<Brake> brakes(LimitTime now) const = 0;
    /// False when the login was not braked.
    virtual bool release(const std::string& login, LimitTime now) const = 0;

    /// Keys that were forgotten since the start because a table was full.
    [[nodiscard]] virtual std::uint64_t forgotten() const = 0;

protected:
    /// The fullest `most` of these, fullest first.
    static std::vector<Fill> fullest_of(std::vector<Fill> fills, std::size_t most);
    static Braked braked_by(const GuardRecord& record, const GuardSettings& guard, LimitTime now);
    static Brake brake_of(std::string login, const GuardRecord& record, const GuardSettings& guard, LimitTime now);
};

}  // namespace relay
