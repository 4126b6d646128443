#include "milter/alert_text.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>

#include "milter/log_value.h"
#include "policy/verdict.h"

namespace relay {
namespace {

/// Of a value of a peer's; so that an object stays far below what a pipe takes at once.
constexpr std::size_t kMostValue = 128;

std::string host_name() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? log_value(name.data(), kMostValue) : "";
}

std::string client_of(const Judged& judged) {
    const auto& client = judged.told.envelope.client;
    return client ? client->text() : "local";
}

nlohmann::json common(const Judged& judged, std::chrono::sys_seconds now) {
    return {{"login", log_value(judged.verdict.user, kMostValue)},
            {"client", client_of(judged)},
            {"queue_id", log_value(judged.told.queue_id, 64)},
            {"from", log_value(judged.from, kMostValue)},
            {"to", log_value(judged.to, kMostValue)},
            {"time", now.time_since_epoch().count()},
            {"host", host_name()}};
}

Alert finished(const Judged& judged, std::string kind, const std::string& what, nlohmann::json object) {
    const std::string login = log_value(judged.verdict.user, kMostValue);
    object["kind"] = kind;
    const std::string who = login.empty() ? client_of(judged) : login;
    return {std::move(kind), who, fmt::format("{}: user={} client={}", what, login, client_of(judged)), object.dump()};
}

}  // namespace

std::vector<Alert> alerts_of(const Judged& judged, std::chrono::sys_seconds now) {
    std::vector<Alert> alerts;
    const auto& [brake, limits] = std::tie(judged.findings.brake, judged.findings.limits);
    if (brake && brake->found()) {
        const Braked& braked = brake->value();
        auto object = common(judged, now);
        object.update({{"action", name_of(braked.action)}, {"why", braked.why}, {"wait_seconds", braked.left.count()}});
        alerts.push_back(finished(judged, "braked", "login on the brake (" + braked.why + ")", std::move(object)));
    }
    if (limits && limits->found())
        for (const OverLimit& over : limits->value().limits) {
            auto object = common(judged, now);
            object.update({{"action", name_of(over.action)}, {"mode", name_of(over.mode)}, {"limit", over.limit},
                           {"wait_seconds", over.wait.count()}});
            alerts.push_back(finished(judged, "limit:" + over.limit, "limit " + over.limit + " is reached", std::move(object)));
        }
    return alerts;
}

}  // namespace relay
