// One limit's part in a recipient, wherever the counts are: which limits apply, and what follows from their answers.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/findings.h"
#include "policy/limit.h"

namespace relay {

struct LimitDemand {
    const LimitSettings* limit = nullptr;
    std::string key;
    bool binding = true;  ///< Without room nothing is charged. Else it is counted in any case.
    bool free = false;    ///< Only asked whether there is room; never charged.

    bool had_room = true;  ///< The answers.
    LimitTime wait{0};
};

/// What `limit` asks of its counts for one recipient. Nothing: it does not apply.
std::optional<LimitDemand> demand_of(const LimitSettings& limit, const LimitSubject& subject, bool message_counted);

/// The limits of `full`, which had no room and are of one array; never none.
OverLimits over_limits(std::vector<const LimitDemand*> full);

/// Those of the demands' limits that had no room: the ones that stop first, and of these the one that has to be waited for
/// longest, so that no reply names too short a wait. Absent: all had room.
template <class Demand>
Lookup<OverLimits> limits_over(const std::vector<Demand>& demands) {
    std::vector<const LimitDemand*> full;
    for (const LimitDemand& demand : demands)
        if (!demand.had_room) full.push_back(&demand);
    if (full.empty()) return Absent{};
    return over_limits(std::move(full));
}

}  // namespace relay
