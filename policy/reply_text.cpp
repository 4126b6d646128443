#include "policy/reply_text.h"

#include <algorithm>

namespace relay {
namespace {

constexpr std::chrono::seconds kLongestWait{9'999'999'999};

bool waits(Reason reason) {
    return reason == Reason::login_braked || reason == Reason::over_recipient_limit || reason == Reason::over_limit;
}

/// Calls `placeholder` with each {name} and `letters` with what is between them; false at a brace without its partner.
template <class Placeholder, class Letters>
bool take_apart(std::string_view text, Placeholder placeholder, Letters letters) {
    while (!text.empty()) {
        const std::size_t brace = std::min(text.find_first_of("{}"), text.size());
        letters(text.substr(0, brace));
        text.remove_prefix(brace);
        if (text.empty()) break;
        const std::size_t end = text.find_first_of("{}", 1);
        if (text.front() == '}' || end == std::string_view::npos || text[end] == '{') return false;
        placeholder(text.substr(1, end - 1));
        text.remove_prefix(end + 1);
    }
    return true;
}

std::string placeholder_problem(std::string_view name, Reason reason, std::string_view url) {
    if (name == "client") return {};
    if (name == "url") return url.empty() ? "has {url}, but reply.url is not set" : "";
    if (name == "wait") return waits(reason) ? "" : "has {wait}, but here is nothing to wait for";
    return "has an unknown placeholder; there are {url}, {client} and {wait}";
}

}  // namespace

bool has_reply(Reason reason) {
    switch (reason) {
        case Reason::destination_ours:
        case Reason::authenticated:
        case Reason::tls_verified:
        case Reason::trusted_by_sendmail:
        case Reason::trusted_network:
        case Reason::local_submission:
        case Reason::fresh_login:
        case Reason::standing_permission: return false;
        case Reason::login_disabled:
        case Reason::domain_disabled:
        case Reason::sender_not_owned:
        case Reason::login_braked:
        case Reason::too_many_recipients:
        case Reason::over_recipient_limit:
        case Reason::over_limit:
        case Reason::destination_temp:
        case Reason::client_temp:
        case Reason::lookup_failed:
        case Reason::mechanism_not_allowed:
        case Reason::mechanism_not_trusted:
        case Reason::plaintext_without_tls:
        case Reason::ssf_too_low:
        case Reason::auth_not_used:
        case Reason::domain_policy:
        case Reason::pop_ended:
        case Reason::never_network:
        case Reason::too_many_logins:
        case Reason::login_retired:
        case Reason::login_expired:
        case Reason::no_login:
        case Reason::not_authenticated: return true;
    }
    return false;
}

std::string reply_text_problem(std::string_view text, Reason reason, std::string_view url) {
    if (text.empty()) return "is empty";
    if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; }))
        return "has to be one line of printable ASCII";
    std::string problem;
    const auto note = [&](std::string_view name) {
        if (problem.empty()) problem = placeholder_problem(name, reason, url);
    };
    if (!take_apart(text, note, [](std::string_view) {})) return "has a { or } that belongs to no placeholder";
    if (!problem.empty()) return problem;
    const auto longest = Address::v6({255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255});
    const std::size_t size = filled_in(text, url, longest, kLongestWait).size();
    if (size <= kMaxReplyText) return {};
    return "can get " + std::to_string(size) + " characters long; at most " + std::to_string(kMaxReplyText) + " are sent";
}

std::string filled_in(std::string_view text, std::string_view url, const std::optional<Address>& client,
                      std::optional<std::chrono::seconds> wait) {
    std::string filled;
    const auto fill = [&](std::string_view name) {
        if (name == "url") filled += url;
        else if (name == "client") filled += client ? client->text() : "local";
        else filled += std::to_string(wait.value_or(std::chrono::seconds{}).count());
    };
    take_apart(text, fill, [&](std::string_view letters) { filled += letters; });
    return filled;
}

}  // namespace relay
