#include "milter/daemon_counts.h"

#include "milter/control_request.h"
#include "policy/source/files/escaped.h"

namespace relay {
namespace {

using nlohmann::json;

Action action_of(const json& object) {
    const auto word = object.at("action").get<std::string>();
    for (const Action action : {Action::permit, Action::refuse})
        if (word == name_of(action)) return action;
    return Action::defer;
}

std::chrono::seconds seconds_of(const json& object, const char* key) {
    return std::chrono::seconds{object.at(key).get<std::int64_t>()};
}

OverLimit limit_of(const json& object) {
    return {object.at("limit").get<std::string>(), action_of(object), seconds_of(object, "wait_seconds"),
            object.at("recipients").get<bool>(), mode_named(object.at("mode").get<std::string>()).value_or(Mode::enforce)};
}

/// The daemon does not know either.
Failed failed(const json& object) { return {object.at("failed").get<std::string>()}; }

httplib::Params parameters_of(const LimitSubject& subject, bool message_counted) {
    return {{"login", subject.login}, {"client", subject.client ? subject.client->text() : ""},
            {"message_counted", message_counted ? "1" : "0"}};
}

}  // namespace

void DaemonCounts::cannot_ask(const std::string& why) const {
    if (!told_) notes_.push_back("limits and guard are the running daemon's, judged as if it had counted nothing: " + why);
    told_ = true;
}

template <class Found, class Read>
Lookup<Found> DaemonCounts::judged(const LimitSubject& subject, bool message_counted, Read read) const try {
    return read(ask_daemon(settings_, "/judge", parameters_of(subject, message_counted), false));
} catch (const NoAnswer& no) {
    cannot_ask(no.text);
    return Absent{};
} catch (const json::exception& fault) {
    cannot_ask(escaped(fault.what()));
    return Absent{};
}

Lookup<OverLimits> DaemonCounts::charge(const LimitSubject& subject, bool message_counted, LimitTime) const {
    return judged<OverLimits>(subject, message_counted, [](const json& answer) -> Lookup<OverLimits> {
        if (answer.at("limits").is_object()) return failed(answer.at("limits"));
        OverLimits over;
        for (const json& limit : answer.at("limits")) over.limits.push_back(limit_of(limit));
        if (over.limits.empty()) return Absent{};
        return over;
    });
}

Lookup<Braked> DaemonCounts::brake(std::string_view login, const std::optional<Address>& seen_from, LimitTime) const {
    return judged<Braked>({std::string{login}, seen_from}, true, [](const json& answer) -> Lookup<Braked> {
        const json& found = answer.at("brake");
        if (found.is_null()) return Absent{};
        if (found.contains("failed")) return failed(found);
        return Braked{action_of(found), seconds_of(found, "left_seconds"), found.at("why").get<std::string>()};
    });
}

}  // namespace relay
