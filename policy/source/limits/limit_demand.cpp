#include "policy/source/limits/limit_demand.h"

#include <algorithm>
#include <tuple>

namespace relay {

std::optional<LimitDemand> demand_of(const LimitSettings& limit, const LimitSubject& subject, bool message_counted) {
    if (limit.count == LimitCount::messages && message_counted) return {};
    auto key = limit_key(limit, subject);
    if (!key) return {};
    LimitDemand demand;
    demand.limit = &limit;
    demand.key = *std::move(key);
    demand.binding = !limit.only_tells();
    demand.free = limit.count == LimitCount::refusals;
    return demand;
}

OverLimits over_limits(std::vector<const LimitDemand*> full) {
    std::sort(full.begin(), full.end(), [](const auto* a, const auto* b) {
        return std::tuple{b->binding, b->wait, a->limit} < std::tuple{a->binding, a->wait, b->limit};
    });
    OverLimits over;
    for (const LimitDemand* demand : full) {
        const LimitSettings& limit = *demand->limit;
        over.limits.push_back({limit.name, action_of(limit.action), std::chrono::ceil<std::chrono::seconds>(demand->wait),
                               limit.count == LimitCount::recipients, limit.mode});
    }
    return over;
}

}  // namespace relay
