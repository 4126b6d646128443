#include "policy/limit.h"

#include <algorithm>

#include "policy/login_name.h"

namespace relay {
namespace {

bool any_in(const std::vector<std::string>& words, const std::vector<std::string>& list) {
    return std::any_of(words.begin(), words.end(),
                       [&](const std::string& word) { return std::find(list.begin(), list.end(), word) != list.end(); });
}

bool covers(const LimitScope& scope, const LimitSubject& subject) {
    if (in_any(scope.networks, subject.client)) return true;
    if (subject.login.empty()) return false;
    return any_in(login_spellings(subject.login), scope.logins) || any_in(login_domains(subject.login), scope.domains);
}

std::string first_domain(std::string_view login) {
    const auto domains = login_domains(login);
    return domains.empty() ? std::string{} : domains.front();
}

std::optional<std::string> network_key(const LimitSubject& subject, bool v4, unsigned bits) {
    if (!subject.client || subject.client->is_v4() != v4) return {};
    return Network::around(*subject.client, bits).text();
}

std::optional<std::string> unless_empty(std::string text) {
    if (text.empty()) return {};
    return text;
}

}  // namespace

Pace::Pace(unsigned max, std::chrono::seconds within, unsigned burst, LimitTime step)
    : interval_{(LimitTime{within} + max * step - LimitTime{1}) / (max * step) * step}, depth_{interval_ * burst} {}

LimitTime Pace::wait(LimitTime value, LimitTime now) const {
    return std::max(LimitTime{0}, next(value, now) - (now + depth_));
}

unsigned Pace::used(LimitTime value, LimitTime now) const {
    if (value <= now) return 0;
    return static_cast<unsigned>((std::min(value - now, depth_) + interval_ - LimitTime{1}) / interval_);
}

std::optional<std::string> limit_key(const LimitSettings& limit, const LimitSubject& subject) {
    if (!limit.only.empty() && !covers(limit.only, subject)) return {};
    if (covers(limit.except, subject)) return {};
    switch (limit.per) {
        case LimitPer::login: return unless_empty(login_key(subject.login));
        case LimitPer::login_domain: return unless_empty(first_domain(subject.login));
        case LimitPer::client: return subject.client ? std::optional{subject.client->text()} : std::nullopt;
        case LimitPer::network4: return network_key(subject, true, limit.bits);
        case LimitPer::network6: return network_key(subject, false, limit.bits);
    }
    return {};
}

std::string per_text(const LimitSettings& limit) {
    switch (limit.per) {
        case LimitPer::login: return "login";
        case LimitPer::login_domain: return "login-domain";
        case LimitPer::client: return "client";
        case LimitPer::network4: return "network4/" + std::to_string(limit.bits);
        case LimitPer::network6: return "network6/" + std::to_string(limit.bits);
    }
    return {};
}

std::string_view name_of(LimitCount count) {
    switch (count) {
        case LimitCount::recipients: return "recipients";
        case LimitCount::messages: return "messages";
        case LimitCount::refusals: return "refusals";
    }
    return {};
}

std::string_view name_of(LimitAction action) {
    switch (action) {
        case LimitAction::defer: return "defer";
        case LimitAction::refuse: return "refuse";
        case LimitAction::log: return "log";
    }
    return {};
}

Action action_of(LimitAction action) {
    switch (action) {
        case LimitAction::defer: return Action::defer;
        case LimitAction::refuse: return Action::refuse;
        case LimitAction::log: return Action::permit;
    }
    return Action::defer;
}

}  // namespace relay
