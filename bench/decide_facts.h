// The facts of a decision whose time and whose allocations are counted.
#pragma once

#include <chrono>

#include "policy/policy.h"

namespace relay::bench {

inline constexpr std::chrono::sys_seconds kNow{std::chrono::seconds{1'700'000'000}};

inline Envelope envelope(Destination destination, RelayClient client) {
    Envelope e;
    e.client = Address::v4({198, 51, 100, 7});
    e.host_name = "mx.example.org";
    e.reverse_path = parse_path("<user@example.net>");
    e.forward_path = parse_path("<friend@remote.example>");
    e.sendmail = SendmailSays{destination, client};
    return e;
}

inline Settings settings() {
    Settings s;
    s.pop.never = loopback_networks();
    return s;
}

}  // namespace relay::bench
