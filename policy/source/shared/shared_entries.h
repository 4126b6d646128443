// Entries on a server, changed only while they are what was read: whatever other writers do meanwhile, none of their
// changes is lost.
//
// What stands of a client is the bytes of its entry, empty where there is none. What can be no entry (no text, none at all,
// or far too long) stands as kNoEntry. One owner. Errors are thrown as Fault; what was changed by then stays changed.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "policy/address.h"
#include "policy/login_record.h"
#include "policy/source/redis/redis_client.h"

namespace relay {

inline constexpr std::string_view kNoEntry = "?";
/// Far above kMaxRecordBytes.
inline constexpr std::size_t kLongestEntry = 4096;

/// When the server forgets an entry: the second after it has become old.
std::chrono::sys_seconds end_of(const LoginRecord& record, std::chrono::seconds window);

class SharedEntries {
public:
    /// A login's entry ends `window` after it. `deadline`: of each call.
    SharedEntries(std::shared_ptr<RedisClient> server, std::chrono::seconds window, std::optional<std::chrono::milliseconds> deadline)
        : server_{std::move(server)}, window_{window}, deadline_{deadline} {}

    /// What is to stand of a client, given what does: nothing leaves it as it is, an empty text takes it away. Asked first as
    /// though nothing stood there, and again with what does, as often as that changes; the last answer is what was done.
    using Decide = std::function<std::optional<std::string>(const Address& client, const std::string& standing)>;
    void change(std::span<const Address> clients, const Decide& decide);

private:
    struct Attempt {
        Address client;
        std::string standing;  ///< As it was told last; at first a guess.
    };
    std::vector<Attempt> attempt(std::vector<Attempt> open, const Decide& decide);
    [[nodiscard]] RedisRun run_for(const Attempt& attempt, const std::string& next) const;

    std::shared_ptr<RedisClient> server_;
    std::chrono::seconds window_;
    std::optional<std::chrono::milliseconds> deadline_;
};

}  // namespace relay
