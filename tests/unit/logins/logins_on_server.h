// A server of its own with logins, for each test, and what the tests say of them.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "policy/source/shared/shared_keys.h"
#include "policy/source/shared/shared_reader.h"
#include "policy/source/shared/shared_walk.h"
#include "policy/source/shared/shared_writer.h"
#include "tests/support/redis_server.h"

namespace relay {

using namespace std::chrono_literals;

inline Address address(std::string_view text) { return Address::parse(text).value(); }

inline std::chrono::sys_seconds now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

/// A record of one login.
inline LoginRecord login(std::chrono::sys_seconds at, const std::string& name = "") {
    LoginRecord record{Layout::timestamp, at, {}};
    if (!name.empty()) record.logins.push_back({at, name});
    return record;
}

constexpr std::chrono::seconds kWindow = 1440min;

/// For machines that are busy with other things.
constexpr std::chrono::milliseconds kPatience = 10s;

inline std::shared_ptr<RedisClient> client_of(const RedisServer& server) {
    RedisSettings settings;
    settings.deadline = kPatience;
    return std::make_shared<RedisClient>(server.url(), settings);
}

struct LoginsOnServer {
    RedisServer server;
    std::shared_ptr<RedisClient> client = client_of(server);
    SharedWriter writer{client, kWindow};

    RedisReply say(RedisCommand command) const { return client->call(command); }
    [[nodiscard]] std::string text(const RedisCommand& command) const {
        const auto reply = say(command);
        return reply.text() ? *reply.text() : "(no text)";
    }
    [[nodiscard]] std::int64_t number(const RedisCommand& command) const {
        const auto reply = say(command);
        return reply.integer() ? *reply.integer() : -1000;
    }
    [[nodiscard]] std::string entry(std::string_view client_address) const { return text({"GET", entry_key(address(client_address))}); }
    [[nodiscard]] std::size_t indexed(std::string_view client_address) const {
        return static_cast<std::size_t>(number({"ZCARD", index_key(address(client_address)).value()}));
    }
    /// As an admin says that all logins there are are here.
    void complete() const { say({"SET", std::string{kSinceKey}, "0"}); }
    [[nodiscard]] Lookup<LoginRecord> find(std::string_view client_address, unsigned prefix6 = 128) const {
        PopSettings settings;
        settings.prefix6 = prefix6;
        return SharedReader{client, settings}.find(address(client_address));
    }
    /// What a walk meets; by key, which it may meet once only.
    [[nodiscard]] std::map<std::string, std::string> all() const {
        std::map<std::string, std::string> found;
        SharedWalk walk{client, {}};
        while (walk.next([&found](std::string_view key, std::string_view data) {
            if (!found.emplace(key, data).second) throw std::runtime_error{"met twice: " + std::string{key}};
        })) {
        }
        return found;
    }
};

}  // namespace relay
