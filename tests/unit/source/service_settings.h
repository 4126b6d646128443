// The configuration that tests of Service begin with: all of its files in one directory, none of them there yet.
#pragma once

#include <chrono>

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

}  // namespace relay
