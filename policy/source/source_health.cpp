#include "policy/source/source_health.h"

namespace relay {

std::string_view name_of(Source source) {
    switch (source) {
        case Source::relayers: return "pop.database";
        case Source::sender_map: return "sender.map";
        case Source::disabled: return "account.disabled";
        case Source::not_for: return "pop.not_for";
        case Source::destinations: return "destinations";
        case Source::counts: return "limit";
        case Source::limits_state: return "state";
        case Source::configuration: return "configuration";
    }
    return "";
}

Source source_of(Question::Kind question) {
    switch (question) {
        case Question::our_domain:
        case Question::sender_domain: return Source::destinations;
        case Question::login: return Source::relayers;
        case Question::disabled:
        case Question::pop_disabled: return Source::disabled;
        case Question::pop_retired: return Source::not_for;
        case Question::sender: return Source::sender_map;
        case Question::brake:
        case Question::limits: return Source::counts;
    }
    return Source::configuration;
}

void SourceHealth::failed(Source source, std::string why, std::chrono::sys_seconds at) {
    const std::scoped_lock lock{mutex_};
    LastError& last = errors_[index(source)];
    last.text = std::move(why);
    last.at = at;
    ++last.errors;
}

std::optional<SourceHealth::LastError> SourceHealth::last_error(Source source) const {
    const std::scoped_lock lock{mutex_};
    const LastError& last = errors_[index(source)];
    return last.errors == 0 ? std::nullopt : std::optional{last};
}

}  // namespace relay
