// Where logins are kept, and what reads and writes them there: the one place that tells a file from a server.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "policy/settings.h"
#include "policy/source/logins/login_reader.h"
#include "policy/source/logins/login_walk.h"
#include "policy/source/logins/login_writer.h"
#include "policy/source/redis/redis_clients.h"
#include "policy/source/shared/shared_check.h"

namespace relay {

struct LoginDatabase {
    std::string name;                                    ///< A file, or the URL of a server (redis/redis_url.h).
    std::chrono::seconds window = PopSettings{}.window;  ///< [pop] window: when a server forgets an entry.
    RedisSettings redis{};
    /// Why it may be another one: the configuration that names it cannot be read. Empty where it is the right one.
    std::string doubt{};

    [[nodiscard]] bool on_server() const { return is_redis_url(name); }
};

/// For [pop].
std::unique_ptr<LoginReader> open_login_reader(const PopSettings& settings, RedisClients& servers);
/// `wait`: at most, for another process that holds the lock, or for each answer of a server.
std::unique_ptr<LoginWriter> open_login_writer(const LoginDatabase& database, std::chrono::milliseconds wait);
/// Since when every login is there that has not expired: always, in a file. Nothing where a server does not say. Throws Fault.
std::optional<std::chrono::sys_seconds> complete_since(const LoginDatabase& database, std::chrono::milliseconds wait);
/// Before entries are brought there: what say_complete_since() wants. Throws Fault.
std::string begin_bringing(const LoginDatabase& database, std::chrono::milliseconds wait);
/// Has a server say so, where it does not say an earlier time. Throws Fault, also where the server was emptied since
/// begin_bringing() gave `mark`.
void say_complete_since(const LoginDatabase& database, std::chrono::sys_seconds since, const std::string& mark,
                        std::chrono::milliseconds wait);
/// For verify_shared() and repair_shared().
SharedCheck check_of(const LoginDatabase& database, std::chrono::milliseconds wait);
/// Null when there is no file. Throws Fault.
std::unique_ptr<LoginWalk> open_login_walk(const LoginDatabase& database, std::chrono::milliseconds wait);

}  // namespace relay
