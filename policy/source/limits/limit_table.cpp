#include "policy/source/limits/limit_table.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace relay {
std::uint64_t LimitTable::fingerprint(std::string_view key) const {
    return std::max<std::uint64_t>(siphash(seed_, key), 1);
}

/// Two buckets for each key, so that all fill evenly (balanced allocations) and a look-up never goes further.
std::array<std::size_t, 2> LimitTable::first_slots(const Shard& shard, std::uint64_t fingerprint) {
    const std::size_t mask = shard.buckets() - 1;
    const std::size_t one = fingerprint & mask;
    const std::size_t other = (fingerprint >> 24) & mask;
    return {one * kBucket, (one == other ? other ^ (mask & 1) : other) * kBucket};
}

std::size_t LimitTable::find(const Shard& shard, std::uint64_t fingerprint) {
    if (shard.slots.empty()) return kNoSlot;
    for (const std::size_t first : first_slots(shard, fingerprint))
        for (std::size_t i = first; i < first + kBucket; ++i)
            if (shard.fingerprints[i] == fingerprint) return i;
    return kNoSlot;
}

/// In the emptier of the two buckets.
std::size_t LimitTable::free_slot(const Shard& shard, std::uint64_t fingerprint, LimitTime now) {
    if (shard.slots.empty()) return kNoSlot;
    std::size_t best = kNoSlot;
    std::size_t most = 0;
    for (const std::size_t first : first_slots(shard, fingerprint)) {
        std::size_t count = 0;
        std::size_t last = kNoSlot;
        for (std::size_t i = first; i < first + kBucket; ++i) {
            if (shard.slots[i].value > now) continue;
            last = i;
            ++count;
        }
        if (count > most) best = last;
        most = std::max(most, count);
    }
    return best;
}

/// The one of the two buckets' keys that owes least.
std::size_t LimitTable::poorest_slot(const Shard& shard, std::uint64_t fingerprint) {
    std::size_t least = kNoSlot;
    for (const std::size_t first : first_slots(shard, fingerprint))
        for (std::size_t i = first; i < first + kBucket; ++i)
            if (least == kNoSlot || shard.slots[i].value < shard.slots[least].value) least = i;
    return least;
}

void LimitTable::put(Shard& shard, std::size_t at, std::uint64_t fingerprint, std::string_view text, LimitTime value) {
    Slot& slot = shard.slots[at];
    shard.fingerprints[at] = fingerprint;
    slot.value = value;
    slot.length = static_cast<std::uint8_t>(std::min(text.size(), kKeptText));
    std::copy_n(text.data(), slot.length, slot.text.data());
}

void LimitTable::grow(Shard& shard, LimitTime now) {
    const std::size_t size = std::max(kBucket, shard.slots.size() * 2);
    const auto fingerprints = std::exchange(shard.fingerprints, std::vector<std::uint64_t>(size));
    const auto slots = std::exchange(shard.slots, std::vector<Slot>(size));
    for (std::size_t i = 0; i < slots.size(); ++i) {
        if (slots[i].value <= now) continue;
        const std::size_t at = free_slot(shard, fingerprints[i], now);
        if (at == kNoSlot) ++forgotten_;  // Hardly ever: half of all slots are free.
        else put(shard, at, fingerprints[i], {slots[i].text.data(), slots[i].length}, slots[i].value);
    }
}

void LimitTable::set(Shard& shard, std::uint64_t fingerprint, std::string_view text, LimitTime value, LimitTime now) {
    if (const std::size_t known = find(shard, fingerprint); known != kNoSlot) {
        shard.slots[known].value = value;
        return;
    }
    std::size_t at = free_slot(shard, fingerprint, now);
    while (at == kNoSlot && shard.buckets() < kMostBuckets) {
        grow(shard, now);
        at = free_slot(shard, fingerprint, now);
    }
    if (at == kNoSlot) {
        ++forgotten_;
        at = poorest_slot(shard, fingerprint);
        if (value <= shard.slots[at].value) return;
    }
    put(shard, at, fingerprint, text, value);
}

bool LimitTable::judge(std::span<Demand> demands, LimitTime now) {
    bool all_have_room = true;
    for (Demand& demand : demands) {
        const std::size_t known = find(*demand.shard, demand.fingerprint);
        demand.value = known == kNoSlot ? LimitTime{0} : demand.shard->slots[known].value;
        demand.had_room = demand.pace.has_room(demand.value, now);
        demand.wait = demand.pace.wait(demand.value, now);
        all_have_room = all_have_room && (demand.had_room || !demand.binding);
    }
    return all_have_room;
}

bool LimitTable::charge(std::span<Demand> demands, LimitTime now) {
    for (Demand& demand : demands) {
        demand.fingerprint = demand.table->fingerprint(demand.key);
        demand.shard = &demand.table->shard_of(demand.fingerprint);
    }
    // One order for all threads, so that none waits for another in a circle.
    std::sort(demands.begin(), demands.end(),
              [](const Demand& a, const Demand& b) { return std::less<>{}(a.shard, b.shard); });
    std::vector<std::unique_lock<std::mutex>> locks;
    locks.reserve(demands.size());
    for (const Demand& demand : demands) locks.emplace_back(demand.shard->mutex);
    for (const Demand& demand : demands) now = std::max(now, demand.shard->latest);
    for (const Demand& demand : demands) demand.shard->latest = now;
    if (!judge(demands, now)) return false;
    for (const Demand& demand : demands)
        if (!demand.free)
            demand.table->set(*demand.shard, demand.fingerprint, demand.key, demand.pace.counted(demand.value, now), now);
    return true;
}

std::vector<LimitTable::Entry> LimitTable::entries(LimitTime now) const {
    std::vector<Entry> all;
    for (const Shard& shard : shards_) {
        std::unique_lock lock{shard.mutex};
        const auto fingerprints = shard.fingerprints;
        const auto slots = shard.slots;
        lock.unlock();
        for (std::size_t i = 0; i < slots.size(); ++i)
            if (slots[i].value > now)
                all.push_back({fingerprints[i], slots[i].value, {slots[i].text.data(), slots[i].length}});
    }
    return all;
}

LimitTime LimitTable::value(std::string_view key) const {
    const auto wanted = fingerprint(key);
    const Shard& shard = shard_of(wanted);
    const std::scoped_lock lock{shard.mutex};
    const std::size_t known = find(shard, wanted);
    return known == kNoSlot ? LimitTime{0} : shard.slots[known].value;
}

void LimitTable::restore(const Entry& entry, LimitTime now) {
    if (entry.fingerprint == 0 || entry.value <= now) return;
    Shard& shard = shard_of(entry.fingerprint);
    const std::scoped_lock lock{shard.mutex};
    set(shard, entry.fingerprint, entry.text, entry.value, now);
}

bool LimitTable::forget(std::string_view key) {
    const auto wanted = fingerprint(key);
    Shard& shard = shard_of(wanted);
    const std::scoped_lock lock{shard.mutex};
    const std::size_t known = find(shard, wanted);
    if (known == kNoSlot) return false;
    shard.slots[known].value = LimitTime{0};
    return true;
}

std::size_t LimitTable::bytes() const {
    std::size_t sum = sizeof *this;
    for (const Shard& shard : shards_) {
        const std::scoped_lock lock{shard.mutex};
        sum += shard.fingerprints.capacity() * sizeof(std::uint64_t) + shard.slots.capacity() * sizeof(Slot);
    }
    return sum;
}

}  // namespace relay
