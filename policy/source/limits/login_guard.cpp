#include "policy/source/limits/login_guard.h"

#include <algorithm>

#include "policy/ascii.h"

namespace relay {
namespace {

std::string key_of(std::string_view login) {
    std::string key{login.substr(0, LoginGuard::kLongestLogin)};
    for (char& c : key) c = lower(c);
    return key;
}

LimitTime last_seen(const GuardRecord& record) {
    LimitTime last{0};
    for (const auto& seen : record.seen) last = std::max(last, seen.at);
    return last;
}

}  // namespace

LoginGuard::Shard& LoginGuard::shard_of(const std::string& key) {
    return shards_[std::hash<std::string>{}(key) % kShards];
}

/// Takes the idle ones away; where there are none, a quarter of those that are not braked, the longest unseen.
void LoginGuard::make_room(Shard& shard, std::chrono::seconds within, LimitTime now) {
    const auto freed = std::erase_if(shard.records, [&](const auto& entry) { return entry.second.idle(within, now); });
    if (freed > shard.records.size() / 8) return;
    std::vector<LimitTime> times;
    for (const auto& [login, record] : shard.records)
        if (!record.braked(now)) times.push_back(last_seen(record));
    if (times.empty()) return;
    const auto quarter = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 4);
    std::nth_element(times.begin(), quarter, times.end());
    std::erase_if(shard.records,
                  [&](const auto& entry) { return !entry.second.braked(now) && last_seen(entry.second) <= *quarter; });
}

std::optional<LoginGuard::Entry> LoginGuard::see(std::string_view login, const std::optional<Address>& address,
                                                 const GuardSettings& settings, LimitTime now) {
    const std::string key = key_of(login);
    if (key.empty()) return {};
    Shard& shard = shard_of(key);
    const std::scoped_lock lock{shard.mutex};
    auto known = shard.records.find(key);
    if (known == shard.records.end()) {
        if (!address) return {};
        if (shard.records.size() >= kMostLogins / kShards) make_room(shard, settings.within, now);
        if (shard.records.size() >= kMostLogins / kShards) return {};  // All are braked.
        known = shard.records.try_emplace(key).first;
    }
    if (address) see_login(known->second, *address, settings, now);
    if (!known->second.braked(now)) return {};
    return Entry{key, known->second};
}

bool LoginGuard::release(std::string_view login, LimitTime now) {
    const std::string key = key_of(login);
    Shard& shard = shard_of(key);
    const std::scoped_lock lock{shard.mutex};
    const auto known = shard.records.find(key);
    if (known == shard.records.end()) return false;
    const bool was_braked = known->second.braked(now);
    shard.records.erase(known);
    return was_braked;
}

std::vector<LoginGuard::Entry> LoginGuard::entries(LimitTime now, bool only_braked) const {
    std::vector<Entry> all;
    for (const Shard& shard : shards_) {
        const std::scoped_lock lock{shard.mutex};
        for (const auto& [login, record] : shard.records)
            if (record.braked(now) || (!only_braked && !record.seen.empty())) all.push_back({login, record});
    }
    return all;
}

void LoginGuard::restore(Entry entry) {
    std::string key = key_of(entry.login);
    if (key.empty()) return;
    Shard& shard = shard_of(key);
    const std::scoped_lock lock{shard.mutex};
    if (shard.records.size() < kMostLogins / kShards || shard.records.contains(key))
        shard.records.insert_or_assign(std::move(key), std::move(entry.record));
}

}  // namespace relay
