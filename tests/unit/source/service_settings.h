// What tests of Service begin with: a configuration with all of its files in one directory, none of them there yet, and a
// recipient.
#pragma once

#include <chrono>

#include "policy/envelope.h"
#include "policy/settings.h"
#include "tests/unit/source/scratch.h"

namespace relay {

inline constexpr std::chrono::sys_seconds kNow{std::chrono::seconds{1'700'000'000}};

inline Settings settings(const Scratch& dir) {
    Settings s;
    s.pop.database = dir / "relayers.db";
    s.destinations.local_host_names = dir / "local-host-names";
    s.destinations.relay_domains = dir / "relay-domains";
    return s;
}

/// From a stranger, with the feature in force.
inline Envelope stranger() {
    Envelope envelope;
    envelope.client = Address::parse("198.51.100.7");
    envelope.reverse_path = parse_path("<a@b.example>");
    envelope.forward_path = parse_path("<c@d.example>");
    envelope.sendmail = SendmailSays{};
    return envelope;
}

}  // namespace relay
