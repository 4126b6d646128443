#include "policy/source/limits/login_guard.h"

#include <algorithm>

#include "policy/login_name.h"

namespace relay {
namespace {

std::string key_of(std::string_view login) {
    std::string key = login_key(login);
    key.resize(std::min(key.size(), LoginGuard::kLongestLogin));
    return key;
}

bool knows_anything(const GuardRecord& record, LimitTime now) {
    return !record.seen.empty() || record.refusals > now || record.limit_hits > now;
}

/// Or counted.
LimitTime last_seen(const GuardRecord& record) {
    LimitTime last = std::max(record.refusals, record.limit_hits);
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

GuardRecord* LoginGuard::known_or_made(Shard& shard, const std::string& key, std::chrono::seconds within, LimitTime now) {
    if (const auto known = shard.records.find(key); known != shard.records.end()) return &known->second;
    if (shard.records.size() >= kMostLogins / kShards) make_room(shard, within, now);
    if (shard.records.size() >= kMostLogins / kShards) return nullptr;  // All are braked.
    return &shard.records[key];
}

std::optional<LoginGuard::Entry> LoginGuard::see(std::string_view login, const std::optional<Address>& address,
                                                 const GuardSettings& settings, LimitTime now) {
    const std::string key = key_of(login);
    if (key.empty()) return {};
    Shard& shard = shard_of(key);
    const std::scoped_lock lock{shard.mutex};
    if (!address && !shard.records.contains(key)) return {};
    GuardRecord* record = known_or_made(shard, key, settings.within, now);
    if (!record) return {};
    if (address) see_login(*record, *address, settings, now);
    if (!record->braked(now)) return {};
    return Entry{key, *record};
}

std::optional<LoginGuard::Entry> LoginGuard::count(std::string_view login, GuardCause cause,
                                                   const GuardSettings& settings, LimitTime now) {
    const std::string key = key_of(login);
    if (key.empty()) return {};
    Shard& shard = shard_of(key);
    const std::scoped_lock lock{shard.mutex};
    GuardRecord* record = known_or_made(shard, key, settings.within, now);
    if (!record || !count_against(*record, cause, settings, now)) return {};
    return Entry{key, *record};
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
            if (record.braked(now) || (!only_braked && knows_anything(record, now))) all.push_back({login, record});
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
