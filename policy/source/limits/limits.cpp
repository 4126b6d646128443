#include "policy/source/limits/limits.h"

#include <algorithm>
#include <tuple>

namespace relay {
namespace {

/// Nothing: for ever.
std::optional<LimitTime> left_of(const GuardRecord& record, LimitTime now) {
    if (record.braked_until == GuardRecord::kForEver) return {};
    return record.braked_until - now;
}

}  // namespace

std::vector<Limits::Fill> Limits::fullest_of(std::vector<Fill> fills, std::size_t most) {
    std::sort(fills.begin(), fills.end(), [](const Fill& a, const Fill& b) {
        const auto share = [](const Fill& fill) { return static_cast<double>(fill.used) / fill.limit->burst; };
        return std::tuple{share(b), a.key} < std::tuple{share(a), b.key};
    });
    if (fills.size() > most) fills.resize(most);
    return fills;
}

Braked Limits::braked_by(const GuardRecord& record, const GuardSettings& guard, LimitTime now) {
    const auto left = left_of(record, now).value_or(LimitTime{0});
    return {action_of(guard.action), std::chrono::ceil<std::chrono::seconds>(left), cause_text(record, guard)};
}

Limits::Brake Limits::brake_of(std::string login, const GuardRecord& record, const GuardSettings& guard, LimitTime now) {
    return {std::move(login), cause_text(record, guard), left_of(record, now)};
}

}  // namespace relay
