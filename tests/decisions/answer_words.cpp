// What look-ups answer.
#include <algorithm>

#include "tests/decisions/words.h"

namespace decisions {
namespace {

using namespace relay;

bool set_layout(Layout& layout, std::string_view value) {
    if (value == "timestamp") layout = Layout::timestamp;
    else if (value == "expiry") layout = Layout::expiry;
    else if (value == "presence") layout = Layout::presence;
    else return false;
    return true;
}

/// "failed WHY", or what `found` makes of any other value.
template <class T, class Found>
bool set_answer(std::optional<Lookup<T>>& answer, std::string_view value, Found found) {
    std::string_view rest = value;
    const std::string_view word = take_word(rest);
    if (word == "failed") answer = Failed{std::string{rest}};
    else if (std::optional<Lookup<T>> understood = found(value)) answer = std::move(understood);
    else return false;
    return true;
}

/// "listed", "unlisted", "failed WHY"
bool set_listed(std::optional<Lookup<Listed>>& listed, std::string_view value) {
    return set_answer(listed, value, [](std::string_view word) -> std::optional<Lookup<Listed>> {
        if (word == "listed") return Listed{};
        if (word == "unlisted") return Absent{};
        return std::nullopt;
    });
}

/// "alice bob", "none", "failed WHY"
bool set_logins(std::optional<Lookup<ListedLogins>>& listed, std::string_view value) {
    return set_answer(listed, value, [](std::string_view words) -> std::optional<Lookup<ListedLogins>> {
        if (words == "none") return Absent{};
        return ListedLogins{words_in(words)};
    });
}

/// "alice bob", "anyone", "nobody", "unknown", "failed WHY"
bool set_owners(std::optional<Lookup<Owners>>& owners, std::string_view value) {
    return set_answer(owners, value, [](std::string_view words) -> std::optional<Lookup<Owners>> {
        if (words == "unknown") return Absent{};
        if (words == "anyone") return Owners{{}, true};
        if (words == "nobody") return Owners{};
        return Owners{words_in(words), false};
    });
}

std::optional<Action> action_named(std::string_view word) {
    if (word == "log") return Action::permit;
    if (word == "refuse") return Action::refuse;
    if (word == "defer") return Action::defer;
    return std::nullopt;
}

/// "defer 60s", "refuse 60s", "log 60s", "released", "failed WHY"
bool set_brake(std::optional<Lookup<Braked>>& brake, std::string_view value) {
    return set_answer(brake, value, [](std::string_view words) -> std::optional<Lookup<Braked>> {
        if (words == "released") return Absent{};
        const auto action = action_named(take_word(words));
        const auto left = seconds_in(words);
        if (!action || !left) return std::nullopt;
        return Braked{*action, *left, "6 networks"};
    });
}

/// "recipients defer 60s", "messages refuse 0s [monitor]", "within", "failed WHY"
bool set_limits(std::optional<Lookup<OverLimits>>& limits, std::string_view value) {
    return set_answer(limits, value, [](std::string_view words) -> std::optional<Lookup<OverLimits>> {
        if (words == "within") return Absent{};
        const std::string_view count = take_word(words);
        const auto action = action_named(take_word(words));
        const auto wait = seconds_in(take_word(words));
        if ((count != "recipients" && count != "messages") || !action || !wait || (!words.empty() && words != "monitor"))
            return std::nullopt;
        const Mode mode = words.empty() ? Mode::enforce : Mode::monitor;
        return OverLimits{{{"hourly", *action, *wait, count == "recipients", mode}}};
    });
}

/// "213s ago", "in 60s"
std::optional<std::chrono::sys_seconds> time_in(std::string_view text) {
    const bool ahead = text.starts_with("in ");
    if (ahead) take_word(text);
    const auto span = seconds_in(take_word(text));
    if (!span || text != (ahead ? "" : "ago")) return std::nullopt;
    return ahead ? kNow + *span : kNow - *span;
}

/// "alice 5s ago"
std::optional<Login> login_in(std::string_view text) {
    const std::string name{take_word(text)};
    const auto at = time_in(text);
    if (!at || name == "in") return std::nullopt;
    return Login{*at, name};
}

/// "alice 5s ago; bob 10s ago", newest first
std::optional<Lookup<LoginRecord>> logins_in(std::string_view text, Layout layout) {
    LoginRecord record{layout, {}, {}};
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(';'), text.size());
        const auto login = login_in(trimmed(text.substr(0, end)));
        if (!login) return std::nullopt;
        record.logins.push_back(*login);
        text = trimmed(text.substr(std::min(end + 1, text.size())));
    }
    record.at = record.logins.front().at;
    return record;
}

bool set_login(Situation& s, std::string_view value) {
    return set_answer(s.answers.login, value, [&](std::string_view words) -> std::optional<Lookup<LoginRecord>> {
        if (words == "none") return Absent{};
        if (words == "present") return LoginRecord{s.layout, {}, {}};
        if (const auto unnamed = time_in(words)) return LoginRecord{s.layout, *unnamed, {}};
        return logins_in(words, s.layout);
    });
}

constexpr Word kWords[] = {
    {"domain", [](Situation& s, std::string_view v) { return set_listed(s.answers.our_domain, v); }},
    {"layout", [](Situation& s, std::string_view v) { return set_layout(s.layout, v); }},
    {"login", [](Situation& s, std::string_view v) { return set_login(s, v); }},
    {"disabled", [](Situation& s, std::string_view v) { return set_listed(s.answers.disabled, v); }},
    {"pop-disabled", [](Situation& s, std::string_view v) { return set_logins(s.answers.pop_disabled, v); }},
    {"pop-retired", [](Situation& s, std::string_view v) { return set_logins(s.answers.pop_retired, v); }},
    {"owners", [](Situation& s, std::string_view v) { return set_owners(s.answers.sender, v); }},
    {"sender-domain", [](Situation& s, std::string_view v) { return set_listed(s.answers.sender_domain, v); }},
    {"brake", [](Situation& s, std::string_view v) { return set_brake(s.answers.brake, v); }},
    {"limits", [](Situation& s, std::string_view v) { return set_limits(s.answers.limits, v); }},
};

}  // namespace

std::span<const Word> answer_words() { return kWords; }

}  // namespace decisions
