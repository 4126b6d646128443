// The brake for stolen passwords: a login that authenticates from many different networks within a short time is most
// often in the hands of several people, and one that is refused or stopped by limits again and again in those of a
// program. The arithmetic for one login, pure: time is an argument.
//
// Bounded: no more networks are kept than it takes to brake, so at most kMostNetworks + 1; of refusals and limit hits one
// moment each, by the algorithm of policy/limit.h: who has no more than the permitted number in any span of `within` is
// never braked for it, and who has more than twice as many in one always is.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "policy/limit.h"
#include "policy/network.h"
#include "policy/verdict.h"

namespace relay {

/// What can bring a login on the brake.
enum class GuardCause { networks, refusals, limit_hits };
/// "networks", "refusals", "limit hits"
std::string_view name_of(GuardCause cause);

/// [guard]
struct GuardSettings {
    static constexpr unsigned kMostNetworks = 32;
    static constexpr unsigned kMostEvents = 1'000'000;

    // Of the three counts 0 turns each off.
    bool on = false;                  ///< There is a [guard].
    unsigned networks = 5;            ///< More than so many brake; 0 to kMostNetworks.
    unsigned refusals = 0;            ///< More refused recipients than that do; 0 to kMostEvents.
    unsigned limit_hits = 0;          ///< More recipients than that which a limit stopped do; 0 to kMostEvents.
    std::chrono::seconds within{3600};
    std::chrono::seconds hold{3600};  ///< How long a brake holds; 0: until it is released.
    LimitAction action = LimitAction::defer;
    Mode mode = Mode::enforce;

    bool operator==(const GuardSettings&) const = default;
};

/// What is known of one login.
struct GuardRecord {
    struct Seen {
        Network network;
        LimitTime at{0};
        bool operator==(const Seen&) const = default;
    };
    /// The end of a brake that only an administrator ends.
    static constexpr LimitTime kForEver = LimitTime::max();

    std::vector<Seen> seen;      ///< One for each network, in no order. Empty while braked.
    LimitTime refusals{0};       ///< A Pace's value; so is the next.
    LimitTime limit_hits{0};
    LimitTime braked_until{0};   ///< Braked while now is earlier.
    GuardCause cause = GuardCause::networks;  ///< Of its last brake.
    unsigned count = 0;                       ///< How many of these brought it on.

    [[nodiscard]] bool braked(LimitTime now) const { return now < braked_until; }
    /// Nothing that could matter at `now` or later is in it.
    [[nodiscard]] bool idle(std::chrono::seconds within, LimitTime now) const;
    bool operator==(const GuardRecord&) const = default;
};

/// Which network an address stands for: the /24 of an IPv4, the /48 of an IPv6 address.
Network guard_network(const Address& address);

/// The login has authenticated from `address`. True when that is what brakes it; all counts are forgotten then, so that
/// they begin anew once the brake has ended.
bool see_login(GuardRecord& record, const Address& address, const GuardSettings& settings, LimitTime now);

/// One more refusal or limit hit; likewise.
bool count_against(GuardRecord& record, GuardCause cause, const GuardSettings& settings, LimitTime now);

/// Why it was braked: "6 networks within 3600 s", "more than 20 refusals within 3600 s".
std::string cause_text(const GuardRecord& record, const GuardSettings& settings);

}  // namespace relay
