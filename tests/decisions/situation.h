// The facts of a case as the policy sees them. A case that states nothing is a stranger who wants to relay.
#pragma once

#include <optional>

#include "policy/policy.h"
#include "tests/decisions/table_file.h"

namespace decisions {

/// 2001-09-09 01:46:40 UTC: the time at which every case is judged.
inline constexpr std::chrono::sys_seconds kNow{std::chrono::seconds{1'000'000'000}};

struct Situation {
    Situation();

    relay::Settings settings;
    relay::Envelope envelope;
    relay::Layout layout = relay::Layout::timestamp;
    relay::Findings answers;  ///< To every question; which are asked is the policy's choice.
};

/// Nothing when a word or a value is not understood; `report` then says which.
std::optional<Situation> situation_of(const Case& stated, Report& report);

}  // namespace decisions
