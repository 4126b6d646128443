#include "milter/control_routes.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "milter/log.h"
#include "milter/log_value.h"
#include "milter/server_status.h"
#include "policy/login_name.h"
#include "policy/source/files/escaped.h"
#include "policy/source/limits/limit_clock.h"

namespace relay {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kMostFills = 10'000;

std::string value(const ControlParameters& parameters, const std::string& name) {
    const auto found = parameters.find(name);
    return found == parameters.end() ? std::string{} : found->second;
}

std::int64_t seconds_up(LimitTime time) { return std::chrono::ceil<std::chrono::seconds>(time).count(); }

ordered_json fill_json(const Limits::Fill& fill) {
    const LimitSettings& limit = *fill.limit;
    return {{"limit", escaped(limit.name)}, {"key", escaped(fill.key)}, {"used", fill.used}, {"burst", limit.burst},
            {"wait_seconds", seconds_up(fill.wait)}, {"per", per_text(limit)}, {"count", name_of(limit.count)},
            {"max", limit.max}, {"within_seconds", limit.within.count()}, {"action", name_of(limit.action)},
            {"mode", name_of(limit.mode)}};
}

ControlAnswer show_limits(const Server& server, const ControlParameters& parameters) {
    const std::string number = value(parameters, "most");
    std::size_t most = 20;
    if (const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), most);
        !number.empty() && (error != std::errc{} || end != number.data() + number.size() || most > kMostFills))
        return {400, "most is a number up to " + std::to_string(kMostFills)};
    const auto service = server.service.get();
    const LimitTime now = limit_now();
    const std::string key = value(parameters, "key");
    ordered_json answer{{"limits", ordered_json::array()}, {"brakes", ordered_json::array()}};
    for (const auto& fill : service->limits().fullest(most, key, now)) answer["limits"].push_back(fill_json(fill));
    for (const auto& brake : service->limits().brakes(now))
        if (key.empty() || login_key(key) == brake.login)
            answer["brakes"].push_back({{"login", escaped(brake.login)}, {"why", escaped(brake.why)},
                                        {"left_seconds", brake.left ? ordered_json(seconds_up(*brake.left)) : ordered_json()}});
    answer["forgotten"] = service->limits().forgotten();
    return {200, answer.dump()};
}

ordered_json brake_json(const Lookup<Braked>& brake) {
    if (brake.failed()) return {{"failed", brake.why()}};
    if (brake.absent()) return nullptr;
    const Braked& found = brake.value();
    return {{"action", name_of(found.action)}, {"left_seconds", found.left.count()}, {"why", found.why}};
}

ordered_json over_json(const Lookup<OverLimits>& over) {
    if (over.failed()) return {{"failed", over.why()}};
    ordered_json limits = ordered_json::array();
    if (over.absent()) return limits;
    for (const OverLimit& limit : over.value().limits)
        limits.push_back({{"limit", limit.limit}, {"action", name_of(limit.action)}, {"wait_seconds", limit.wait.count()},
                          {"recipients", limit.recipients}, {"mode", name_of(limit.mode)}});
    return limits;
}

/// Nothing that it asks is a recipient: it is not charged, and no login has come from anywhere.
ControlAnswer judge_counts(const Server& server, const ControlParameters& parameters) {
    const auto service = server.service.get();
    const LimitTime now = limit_now();
    const LimitSubject who{value(parameters, "login"), Address::parse(value(parameters, "client"))};
    const auto over = service->limits().peek(who, value(parameters, "message_counted") == "1", now);
    return {200, ordered_json{{"limits", over_json(over)}, {"brake", brake_json(service->limits().brake(who.login, {}, now))}}.dump()};
}

ControlAnswer reset_limit(const Server& server, const ControlParameters& parameters) {
    const std::string key = value(parameters, "key");
    if (key.empty()) return {400, "key is missing"};
    const auto count = server.service.get()->limits().reset(key);
    log_line(Severity::notice, "limits: reset " + log_value(key) + " in " + std::to_string(count) + " limits, as was asked for");
    return {200, ordered_json{{"reset", count}}.dump()};
}

ControlAnswer release_login(const Server& server, const ControlParameters& parameters) {
    const std::string login = value(parameters, "login");
    if (login.empty()) return {400, "login is missing"};
    const bool released = server.service.get()->limits().release(login, limit_now());
    if (released) log_line(Severity::notice, "guard: released " + log_value(login) + ", as was asked for");
    return {200, ordered_json{{"released", released}}.dump()};
}

ControlAnswer reload_now(const std::function<std::vector<std::string>()>& reload) {
    ordered_json errors = ordered_json::array();
    for (const std::string& error : reload()) errors.push_back(escaped(error));
    return {200, ordered_json{{"errors", errors}}.dump()};
}

}  // namespace

std::vector<ControlServer::Route> control_routes(Server& server, std::function<std::vector<std::string>()> reload) {
    using P = const ControlParameters&;
    return {{false, "/limits", [&server](P p) { return show_limits(server, p); }},
            {false, "/judge", [&server](P p) { return judge_counts(server, p); }},
            {true, "/limits/reset", [&server](P p) { return reset_limit(server, p); }},
            {true, "/release", [&server](P p) { return release_login(server, p); }},
            {false, "/status", [&server](P) { return ControlAnswer{200, status_json(server)}; }},
            {true, "/reload", [reload = std::move(reload)](P) { return reload_now(reload); }}};
}

}  // namespace relay
