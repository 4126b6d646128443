#include "policy/source/login_database.h"

#include "policy/source/relayers/relayers_reader.h"
#include "policy/source/relayers/relayers_walk.h"
#include "policy/source/relayers/relayers_writer.h"

namespace relay {

std::unique_ptr<LoginReader> open_login_reader(const PopSettings& settings) {
    return std::make_unique<RelayersReader>(settings);
}

std::unique_ptr<LoginWriter> open_login_writer(const LoginDatabase& database, std::chrono::milliseconds wait) {
    return std::make_unique<RelayersWriter>(database.name, wait);
}

std::unique_ptr<LoginWalk> open_login_walk(const LoginDatabase& database, std::chrono::milliseconds wait) {
    auto walk = RelayersWalk::open(database.name, wait);
    return walk ? std::make_unique<RelayersWalk>(*std::move(walk)) : nullptr;
}

}  // namespace relay
