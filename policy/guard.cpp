#include "policy/guard.h"

#include <algorithm>

namespace relay {
namespace {

constexpr unsigned kBits4 = 24;
constexpr unsigned kBits6 = 48;

}  // namespace

bool GuardRecord::idle(std::chrono::seconds within, LimitTime now) const {
    return !braked(now) && std::all_of(seen.begin(), seen.end(), [&](const Seen& s) { return s.at + within <= now; });
}

Network guard_network(const Address& address) { return Network::around(address, address.is_v4() ? kBits4 : kBits6); }

bool see_login(GuardRecord& record, const Address& address, const GuardSettings& settings, LimitTime now) {
    if (record.braked(now)) return false;
    const Network network = guard_network(address);
    std::erase_if(record.seen, [&](const auto& seen) { return seen.network == network || seen.at + settings.within <= now; });
    record.seen.push_back({network, now});
    if (record.seen.size() <= settings.networks) return false;
    record.networks = static_cast<unsigned>(record.seen.size());
    record.seen.clear();
    record.seen.shrink_to_fit();
    record.braked_until = settings.hold.count() == 0 ? GuardRecord::kForEver : now + settings.hold;
    return true;
}

}  // namespace relay
