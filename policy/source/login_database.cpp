#include "policy/source/login_database.h"

#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/relayers/relayers_reader.h"
#include "policy/source/relayers/relayers_walk.h"
#include "policy/source/relayers/relayers_writer.h"
#include "policy/source/shared/shared_fault.h"
#include "policy/source/shared/shared_reader.h"
#include "policy/source/shared/shared_since.h"
#include "policy/source/shared/shared_walk.h"
#include "policy/source/shared/shared_writer.h"

namespace relay {

namespace {

std::shared_ptr<RedisClient> client_for(const LoginDatabase& database) {
    return std::make_shared<RedisClient>(database.name, database.redis);
}

}  // namespace

std::unique_ptr<LoginReader> open_login_reader(const PopSettings& settings, RedisClients& servers) {
    if (is_redis_url(settings.database)) return std::make_unique<SharedReader>(servers.of(settings.database), settings);
    return std::make_unique<RelayersReader>(settings);
}

std::unique_ptr<LoginWriter> open_login_writer(const LoginDatabase& database, std::chrono::milliseconds wait) {
    if (database.on_server())
        return std::make_unique<SharedWriter>(client_for(database), database.window, wait);
    return std::make_unique<RelayersWriter>(database.name, wait);
}

std::optional<std::chrono::sys_seconds> complete_since(const LoginDatabase& database, std::chrono::milliseconds wait) {
    if (!database.on_server()) return std::chrono::sys_seconds{};
    return or_fault([&] { return since_on(*client_for(database), wait); });
}

std::string begin_bringing(const LoginDatabase& database, std::chrono::milliseconds wait) {
    if (!database.on_server()) return {};
    return or_fault([&] { return set_mark(*client_for(database), wait); });
}

void say_complete_since(const LoginDatabase& database, std::chrono::sys_seconds since, const std::string& mark,
                        std::chrono::milliseconds wait) {
    if (!database.on_server()) return;
    if (!or_fault([&] { return lower_since(*client_for(database), since, mark, wait); }))
        throw Fault{Trouble::refused, escaped(database.name) + ": was emptied while entries were brought there; copy again"};
}

SharedCheck check_of(const LoginDatabase& database, std::chrono::milliseconds wait) {
    return {client_for(database), database.window, wait};
}

std::unique_ptr<LoginWalk> open_login_walk(const LoginDatabase& database, std::chrono::milliseconds wait) {
    if (database.on_server()) return std::make_unique<SharedWalk>(client_for(database), wait);
    auto walk = RelayersWalk::open(database.name, wait);
    return walk ? std::make_unique<RelayersWalk>(*std::move(walk)) : nullptr;
}

}  // namespace relay
