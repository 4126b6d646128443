#include "vsmtprelay/feed/follow_state.h"

#include <nlohmann/json.hpp>

#include "policy/source/files/atomic_file.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/files/small_file.h"

namespace relay {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLargest = std::size_t{128} << 20;

std::string hex(const std::string& bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text.append({digits[byte >> 4], digits[byte & 15]});
    }
    return text;
}

std::string unhex(const std::string& text) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        bytes.push_back(static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16)));
    return bytes;
}

/// Any bytes as ASCII, and back.
std::string text_of(const std::string& bytes) {
    return escaped(bytes);
}

std::string bytes_of(const Json& json) {
    return login_of_word(json.get<std::string>());
}

/// nlohmann makes a number of any type of any other, of whatever size.
std::uint64_t count_of(const Json& json) {
    if (!json.is_number_unsigned()) throw std::invalid_argument{"is no count: " + json.dump()};
    return json.get<std::uint64_t>();
}

std::chrono::sys_seconds time_of(const Json& json) {
    const auto seconds = count_of(json);
    if (seconds > kMaxSeconds) throw std::invalid_argument{"is no time: " + json.dump()};
    return std::chrono::sys_seconds{std::chrono::seconds{seconds}};
}

Address address_of(const Json& json) {
    const auto address = Address::parse(json.get<std::string>());
    if (!address) throw std::invalid_argument{"is no address: " + json.dump()};
    return *address;
}

Json json_of(const LoginEvent& event) {
    return {{"client", event.client.text()}, {"since", event.at.time_since_epoch().count()}, {"login", text_of(event.login)}};
}

LoginEvent event_of(const Json& json) {
    return {address_of(json.at("client")), time_of(json.at("since")), bytes_of(json.at("login"))};
}

Json json_of(const std::string& key, const OpenSession& session) {
    Json json = json_of(LoginEvent{session.client, session.since, session.login});
    json["key"] = text_of(key);
    json["logged_in"] = session.logged_in;
    return json;
}

OpenSession session_of(const Json& json) {
    LoginEvent event = event_of(json);
    return {event.client, event.at, std::move(event.login), json.at("logged_in").get<bool>()};
}

FilePosition position_of(const Json& json) {
    return {count_of(json.at("device")), count_of(json.at("inode")), count_of(json.at("offset")),
            unhex(json.at("before").get<std::string>()), time_of(json.at("at"))};
}

}  // namespace

std::optional<FollowState> read_follow_state(const std::string& path) {
    const auto file = read_small_file(path, kLargest);
    if (!file) return std::nullopt;
    try {
        const Json json = Json::parse(file->text);
        FollowState state;
        state.cursor = json.at("cursor").get<std::string>();
        for (const auto& [name, positions] : json.at("files").items())
            for (const Json& position : positions) state.files[name].push_back(position_of(position));
        for (const Json& session : json.at("sessions"))
            state.sessions.emplace_back(bytes_of(session.at("key")), session_of(session));
        for (const Json& event : json.at("connected")) state.connected.push_back(event_of(event));
        return state;
    } catch (const std::exception& error) {
        throw Fault{Trouble::damaged, escaped(path) + ": " + escaped(error.what())};
    }
}

void write_follow_state(const std::string& path, const FollowState& state) {
    Json json{{"cursor", state.cursor},
              {"files", Json::object()},
              {"sessions", Json::array()},
              {"connected", Json::array()}};
    for (const auto& [name, positions] : state.files)
        for (const FilePosition& position : positions)
            json["files"][name].push_back({{"device", position.device},
                                           {"inode", position.inode},
                                           {"offset", position.offset},
                                           {"before", hex(position.before)},
                                           {"at", position.at.time_since_epoch().count()}});
    for (const auto& [key, session] : state.sessions) json["sessions"].push_back(json_of(key, session));
    for (const LoginEvent& event : state.connected) json["connected"].push_back(json_of(event));
    replace_file(path, json.dump(1, ' ', true, Json::error_handler_t::replace) + '\n');
}

}  // namespace relay
