// The words for our enums, each written once; the reverse is a search through them.
#include "policy/verdict.h"

#include <initializer_list>

namespace relay {
namespace {

template <class Enum>
std::optional<Enum> named(std::string_view word, std::initializer_list<Enum> all) {
    for (const Enum value : all) {
        if (name_of(value) == word) return value;
    }
    return std::nullopt;
}

}  // namespace

std::string_view name_of(Action action) {
    switch (action) {
        case Action::permit: return "permit";
        case Action::refuse: return "refuse";
        case Action::defer: return "defer";
    }
    return {};
}

std::string_view name_of(Via via) {
    switch (via) {
        case Via::none: return "none";
        case Via::local: return "local";
        case Via::auth: return "auth";
        case Via::tls: return "tls";
        case Via::trusted: return "trusted";
        case Via::pop: return "pop";
        case Via::monitor: return "monitor";
    }
    return {};
}

std::string_view name_of(Mode mode) {
    switch (mode) {
        case Mode::enforce: return "enforce";
        case Mode::monitor: return "monitor";
    }
    return {};
}

std::string_view name_of(Reason reason) {
    switch (reason) {
        case Reason::destination_ours: return "destination_ours";
        case Reason::login_disabled: return "login_disabled";
        case Reason::domain_disabled: return "domain_disabled";
        case Reason::authenticated: return "authenticated";
        case Reason::tls_verified: return "tls_verified";
        case Reason::trusted_by_sendmail: return "trusted_by_sendmail";
        case Reason::trusted_network: return "trusted_network";
        case Reason::local_submission: return "local_submission";
        case Reason::fresh_login: return "fresh_login";
        case Reason::standing_permission: return "standing_permission";
        case Reason::sender_not_owned: return "sender_not_owned";
        case Reason::login_braked: return "login_braked";
        case Reason::too_many_recipients: return "too_many_recipients";
        case Reason::over_recipient_limit: return "over_recipient_limit";
        case Reason::over_limit: return "over_limit";
        case Reason::destination_temp: return "destination_temp";
        case Reason::client_temp: return "client_temp";
        case Reason::lookup_failed: return "lookup_failed";
        case Reason::mechanism_not_allowed: return "mechanism_not_allowed";
        case Reason::mechanism_not_trusted: return "mechanism_not_trusted";
        case Reason::plaintext_without_tls: return "plaintext_without_tls";
        case Reason::ssf_too_low: return "ssf_too_low";
        case Reason::auth_not_used: return "auth_not_used";
        case Reason::domain_policy: return "domain_policy";
        case Reason::pop_ended: return "pop_ended";
        case Reason::never_network: return "never_network";
        case Reason::too_many_logins: return "too_many_logins";
        case Reason::login_retired: return "login_retired";
        case Reason::login_expired: return "login_expired";
        case Reason::no_login: return "no_login";
        case Reason::not_authenticated: return "not_authenticated";
    }
    return {};
}

std::string_view name_of(Methods methods) {
    switch (methods) {
        case Methods::auth_and_pop: return "auth+pop";
        case Methods::auth_only: return "auth-only";
        case Methods::pop_only: return "pop-only";
    }
    return {};
}

std::string_view name_of(Destination destination) {
    switch (destination) {
        case Destination::ours: return "ours";
        case Destination::other: return "other";
        case Destination::temp: return "temp";
    }
    return {};
}

std::string_view name_of(RelayClient client) {
    switch (client) {
        case RelayClient::auth: return "auth";
        case RelayClient::tls: return "tls";
        case RelayClient::trusted: return "trusted";
        case RelayClient::temp: return "temp";
        case RelayClient::unknown: return "unknown";
    }
    return {};
}

std::optional<Mode> mode_named(std::string_view word) { return named(word, {Mode::enforce, Mode::monitor}); }

std::optional<Methods> methods_named(std::string_view word) {
    return named(word, {Methods::auth_and_pop, Methods::auth_only, Methods::pop_only});
}

std::optional<Destination> destination_named(std::string_view word) {
    return named(word, {Destination::ours, Destination::other, Destination::temp});
}

std::optional<RelayClient> relay_client_named(std::string_view word) {
    return named(word, {RelayClient::auth, RelayClient::tls, RelayClient::trusted, RelayClient::temp,
                        RelayClient::unknown});
}

}  // namespace relay
