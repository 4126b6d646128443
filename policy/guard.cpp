#include "policy/guard.h"

#include <algorithm>

namespace relay {
namespace {

constexpr unsigned kBits4 = 24;
constexpr unsigned kBits6 = 48;

void brake(GuardRecord& record, GuardCause cause, unsigned count, const GuardSettings& settings, LimitTime now) {
    record = {};
    record.cause = cause;
    record.count = count;
    record.braked_until = settings.hold.count() == 0 ? GuardRecord::kForEver : now + settings.hold;
}

}  // namespace

std::string_view name_of(GuardCause cause) {
    switch (cause) {
        case GuardCause::networks: return "networks";
        case GuardCause::refusals: return "refusals";
        case GuardCause::limit_hits: return "limit hits";
    }
    return {};
}

bool GuardRecord::idle(std::chrono::seconds within, LimitTime now) const {
    return !braked(now) && refusals <= now && limit_hits <= now &&
           std::all_of(seen.begin(), seen.end(), [&](const Seen& s) { return s.at + within <= now; });
}

Network guard_network(const Address& address) { return Network::around(address, address.is_v4() ? kBits4 : kBits6); }

bool see_login(GuardRecord& record, const Address& address, const GuardSettings& settings, LimitTime now) {
    if (settings.networks == 0 || record.braked(now)) return false;
    const Network network = guard_network(address);
    std::erase_if(record.seen, [&](const auto& seen) { return seen.network == network || seen.at + settings.within <= now; });
    record.seen.push_back({network, now});
    if (record.seen.size() <= settings.networks) return false;
    brake(record, GuardCause::networks, static_cast<unsigned>(record.seen.size()), settings, now);
    return true;
}

bool count_against(GuardRecord& record, GuardCause cause, const GuardSettings& settings, LimitTime now) {
    const unsigned most = cause == GuardCause::refusals ? settings.refusals : settings.limit_hits;
    if (most == 0 || record.braked(now)) return false;
    const Pace pace{most, settings.within, most};
    LimitTime& value = cause == GuardCause::refusals ? record.refusals : record.limit_hits;
    value = pace.sane(value, now);
    if (pace.has_room(value, now)) {
        value = pace.next(value, now);
        return false;
    }
    brake(record, cause, most, settings, now);
    return true;
}

std::string cause_text(const GuardRecord& record, const GuardSettings& settings) {
    std::string text{record.cause == GuardCause::networks ? "" : "more than "};
    text.append(std::to_string(record.count)).append(" ").append(name_of(record.cause));
    return text.append(" within ").append(std::to_string(settings.within.count())).append(" s");
}

}  // namespace relay
