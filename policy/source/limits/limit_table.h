// The counts of one limit: for each key one moment (policy/limit.h), in open addressing, 56 bytes a key.
//
// A key whose moment has passed owes nothing and need not be known: its place is free, so there is nothing to clean up.
// Memory is bounded by kMostKeys. When a key comes in and its two buckets are full even so, the one of them that owes
// least is forgotten, the newcomer included: whoever wants to push out a spammer's key has to owe more than he does, with
// as many keys as a bucket has places. How often this happened is counted.
//
// Thread-safe: 64 shards with a lock each. charge() holds one lock of each of its tables for the time of a look-up
// (about 100 ns; some 100 us once in a while, when a shard grows); entries() holds each lock while it copies a shard.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policy/source/limits/limit_demand.h"
#include "policy/source/limits/siphash.h"

namespace relay {

class LimitTable {
public:
    static constexpr std::size_t kMostKeys = std::size_t{1} << 17;
    /// The bytes of a key that are kept to be shown; two keys that differ only behind them are still two.
    static constexpr std::size_t kKeptText = 39;

    struct Entry {
        std::uint64_t fingerprint = 0;
        LimitTime value{0};
        std::string text;
        bool operator==(const Entry&) const = default;
    };

    explicit LimitTable(const SipKey& seed) : seed_{seed} {}

    /// Every key that owes something at `now`.
    [[nodiscard]] std::vector<Entry> entries(LimitTime now) const;
    /// What one key owes until; zero where it is not known.
    [[nodiscard]] LimitTime value(std::string_view key) const;
    /// Puts back what entries() told, in a table of the same seed.
    void restore(const Entry& entry, LimitTime now);
    /// The key owes nothing any more; false when it is not known.
    bool forget(std::string_view key);

    [[nodiscard]] std::uint64_t forgotten() const { return forgotten_; }
    /// Memory of the slots.
    [[nodiscard]] std::size_t bytes() const;

private:
    struct Shard;

public:
    struct Demand : LimitDemand {
        Demand() = default;
        Demand(LimitDemand asked, LimitTable* of, Pace its_pace) : LimitDemand{std::move(asked)}, table{of}, pace{its_pace} {}

        LimitTable* table = nullptr;
        Pace pace{1, std::chrono::seconds{1}, 1};

    private:
        friend class LimitTable;
        std::uint64_t fingerprint = 0;
        Shard* shard = nullptr;
        LimitTime value{0};
    };

    /// All or nothing: true when each binding demand has room, and then each is charged; else none. Whatever other
    /// threads charge meanwhile lies wholly before or behind. At most one demand for a table; they are sorted anew.
    static bool charge(std::span<Demand> demands, LimitTime now);

private:
    static constexpr std::size_t kShards = 64;
    static constexpr std::size_t kBucket = 16;
    static constexpr std::size_t kNoSlot = ~std::size_t{0};
    static constexpr std::size_t kMostBuckets = kMostKeys / kShards / kBucket;

    struct Slot {
        LimitTime value{0};
        std::uint8_t length = 0;
        std::array<char, kKeptText> text{};
    };
    struct Shard {
        mutable std::mutex mutex;
        LimitTime latest{0};                      ///< No charge is judged by an earlier time, as threads race.
        std::vector<std::uint64_t> fingerprints;  ///< 0: never used.
        std::vector<Slot> slots;

        [[nodiscard]] std::size_t buckets() const { return slots.size() / kBucket; }
    };

    [[nodiscard]] std::uint64_t fingerprint(std::string_view key) const;
    [[nodiscard]] Shard& shard_of(std::uint64_t fingerprint) { return shards_[fingerprint >> 58]; }
    [[nodiscard]] const Shard& shard_of(std::uint64_t fingerprint) const { return shards_[fingerprint >> 58]; }

    static bool judge(std::span<Demand> demands, LimitTime now);
    // All of these under the shard's lock.
    static std::array<std::size_t, 2> first_slots(const Shard& shard, std::uint64_t fingerprint);
    static std::size_t find(const Shard& shard, std::uint64_t fingerprint);
    static std::size_t free_slot(const Shard& shard, std::uint64_t fingerprint, LimitTime now);
    static std::size_t poorest_slot(const Shard& shard, std::uint64_t fingerprint);
    static void put(Shard& shard, std::size_t at, std::uint64_t fingerprint, std::string_view text, LimitTime value);
    void grow(Shard& shard, LimitTime now);
    void set(Shard& shard, std::uint64_t fingerprint, std::string_view text, LimitTime value, LimitTime now);

    SipKey seed_;
    std::array<Shard, kShards> shards_;
    std::atomic<std::uint64_t> forgotten_{0};
};

}  // namespace relay
