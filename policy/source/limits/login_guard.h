// The guard's records of all logins (policy/guard.h).
//
// Bounded: kMostLogins logins, with the networks that it takes to brake. A login comes in only by authenticating, so no
// stranger fills it; when it is full even so, those whose networks were last seen longest ago are forgotten, a brake
// never. Thread-safe: 16 shards with a lock each, held for one look-up, or for a walk through a shard that is full.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/guard.h"

namespace relay {

class LoginGuard {
public:
    static constexpr std::size_t kMostLogins = std::size_t{1} << 16;
    /// Of a longer login so many bytes are told apart.
    static constexpr std::size_t kLongestLogin = 128;

    struct Entry {
        std::string login;  ///< Its login_key().
        GuardRecord record;
        bool operator==(const Entry&) const = default;
    };

    /// The login has authenticated from `address`, if there is one: its brake, if it is braked now.
    std::optional<Entry> see(std::string_view login, const std::optional<Address>& address,
                             const GuardSettings& settings, LimitTime now);

    /// One more refusal or limit hit of the login: its brake, if that is what braked it.
    std::optional<Entry> count(std::string_view login, GuardCause cause, const GuardSettings& settings, LimitTime now);

    /// False when it was not braked. All that was counted is forgotten in any case.
    bool release(std::string_view login, LimitTime now);
    /// All that is known; of the braked alone where `only_braked`.
    [[nodiscard]] std::vector<Entry> entries(LimitTime now, bool only_braked) const;
    void restore(Entry entry);

private:
    static constexpr std::size_t kShards = 16;
    struct Shard {
        mutable std::mutex mutex;
        std::unordered_map<std::string, GuardRecord> records;
    };

    [[nodiscard]] Shard& shard_of(const std::string& key);
    /// Under the shard's lock. Null when there is no room for another login.
    static GuardRecord* known_or_made(Shard& shard, const std::string& key, std::chrono::seconds within, LimitTime now);
    static void make_room(Shard& shard, std::chrono::seconds within, LimitTime now);

    std::array<Shard, kShards> shards_;
};

}  // namespace relay
