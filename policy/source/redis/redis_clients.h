// One client for each server that a configuration names, so that logins and limits on one server share its connections,
// and what is known of its faults.
//
// Not thread-safe: for the one who opens a configuration. The clients are.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "policy/source/redis/redis_client.h"

namespace relay {

class RedisClients {
public:
    explicit RedisClients(RedisSettings settings) : settings_{std::move(settings)} {}

    /// The client of this URL, made when it is first asked for. Throws std::invalid_argument for what is none.
    std::shared_ptr<RedisClient> of(const std::string& url) {
        auto& client = clients_[url];
        if (!client) client = std::make_shared<RedisClient>(url, settings_);
        return client;
    }

private:
    RedisSettings settings_;
    std::map<std::string, std::shared_ptr<RedisClient>> clients_;
};

}  // namespace relay
