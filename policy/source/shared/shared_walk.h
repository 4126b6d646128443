// Every entry on a server, for list and dump: by SCAN, which keeps nobody waiting.
//
// Remembers each key that it met, about 60 bytes, since SCAN may tell one twice. What can be no entry is told as kNoEntry.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "policy/source/logins/login_walk.h"
#include "policy/source/redis/redis_client.h"
#include "policy/source/shared/shared_keys.h"
#include "policy/source/shared/shared_scan.h"

namespace relay {

class SharedWalk : public LoginWalk {
public:
    SharedWalk(std::shared_ptr<RedisClient> server, std::optional<std::chrono::milliseconds> deadline)
        : server_{std::move(server)}, deadline_{deadline} {}

    /// In no order. `key` is the address, without the prefix.
    bool next(const Use& use) override;
    void rewind() override;

private:
    std::vector<std::string> next_keys();
    std::vector<std::optional<std::string>> entries_of(const std::vector<std::string>& keys);

    std::shared_ptr<RedisClient> server_;
    std::optional<std::chrono::milliseconds> deadline_;
    SharedScan scan_{server_, kLoginPrefix, deadline_};
    std::unordered_set<std::string> met_;
};

}  // namespace relay
