// The keys of a server that begin with a prefix, by SCAN: in batches, each key at least once. One owner.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/source/redis/redis_client.h"

namespace relay {

class SharedScan {
public:
    SharedScan(std::shared_ptr<RedisClient> server, std::string_view prefix, std::optional<std::chrono::milliseconds> deadline)
        : server_{std::move(server)}, prefix_{prefix}, deadline_{deadline} {}

    /// A key that is there throughout is among them. Throws RedisFault.
    std::vector<std::string> next();
    [[nodiscard]] bool over() const { return begun_ && cursor_ == "0"; }
    void rewind();

private:
    std::shared_ptr<RedisClient> server_;
    std::string prefix_;
    std::optional<std::chrono::milliseconds> deadline_;
    std::string cursor_ = "0";
    bool begun_ = false;
};

}  // namespace relay
