// The brake for stolen passwords: a login that authenticates from many different networks within a short time is most
// often in the hands of several people. The arithmetic for one login, pure: time is an argument.
//
// Bounded: no more networks are kept than it takes to brake, so at most kMostNetworks + 1.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "policy/limit.h"
#include "policy/network.h"
#include "policy/verdict.h"

namespace relay {

/// [guard]
struct GuardSettings {
    static constexpr unsigned kMostNetworks = 32;

    bool on = false;                  ///< There is a [guard].
    unsigned networks = 5;            ///< 1 to kMostNetworks: more than so many brake.
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
    LimitTime braked_until{0};   ///< Braked while now is earlier.
    unsigned networks = 0;       ///< How many had been seen when it was braked last.

    [[nodiscard]] bool braked(LimitTime now) const { return now < braked_until; }
    /// Nothing that could matter at `now` or later is in it.
    [[nodiscard]] bool idle(std::chrono::seconds within, LimitTime now) const;
    bool operator==(const GuardRecord&) const = default;
};

/// Which network an address stands for: the /24 of an IPv4, the /48 of an IPv6 address.
Network guard_network(const Address& address);

/// The login has authenticated from `address`. True when that is what brakes it; its networks are forgotten then, so that
/// the count begins anew once the brake has ended.
bool see_login(GuardRecord& record, const Address& address, const GuardSettings& settings, LimitTime now);

}  // namespace relay
