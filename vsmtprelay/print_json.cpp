#include "vsmtprelay/print_json.h"

#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

#include "policy/source/files/escaped.h"
#include "policy/source/relayers/relayers_keys.h"

namespace relay {
namespace {

using Json = nlohmann::ordered_json;

void put_time(Json& object, std::chrono::sys_seconds at) {
    const std::time_t seconds = at.time_since_epoch().count();
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    object["timestamp"] = seconds;
    object["time"] = std::string{text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

void put_login(Json& object, const Login& login) {
    put_time(object, login.at);
    object["login"] = login.name.empty() ? Json(nullptr) : Json(login_word(login.name));
}

Json client_of(const RelayersEntry& entry) {
    return Json{{"client", entry.client->text()}};
}

std::string line(const Json& object) {
    return object.dump() + '\n';
}

}  // namespace

std::string entry_json(const RelayersEntry& entry) {
    if (!entry.readable()) return line({{"unreadable", true}, {"key", escaped(entry.key)}, {"data", escaped(entry.data)}});
    Json object = client_of(entry);
    if (entry.key != relayers_key(*entry.client)) object["key"] = escaped(entry.key);
    put_time(object, entry.record->at);
    object["logins"] = Json::array();
    for (const Login& login : entry.record->logins) put_login(object["logins"].emplace_back(), login);
    return line(object);
}

std::string login_json(const RelayersEntry& entry, const Login& login) {
    Json object = client_of(entry);
    put_login(object, login);
    return line(object);
}

}  // namespace relay
