// Each requirement of AuthSettings is one function; weakness() is their order.
#include "policy/auth_strength.h"

#include <algorithm>

#include "policy/ascii.h"

namespace relay {
namespace {

bool allowed(const std::vector<std::string>& mechanisms, std::string_view mechanism) {
    if (mechanism.empty()) return false;
    if (mechanisms.empty()) return !same_without_case(mechanism, "ANONYMOUS");
    return listed_without_case(mechanisms, mechanism);
}

bool plaintext(std::string_view mechanism) {
    return same_without_case(mechanism, "PLAIN") || same_without_case(mechanism, "LOGIN");
}

bool hidden_from_listeners(const Envelope& envelope, const AuthSettings& wanted) {
    return envelope.tls || submitted_locally(envelope) || in_any(wanted.plaintext_exempt, envelope.client);
}

unsigned strongest_layer(const Envelope& envelope) {
    return std::max(envelope.auth->ssf, envelope.tls ? envelope.tls->bits : 0);
}

bool sendmail_objects(const std::optional<SendmailSays>& says) {
    return says && says->client != RelayClient::auth && says->client != RelayClient::tls;
}

}  // namespace

bool submitted_locally(const Envelope& envelope) { return envelope.local_submission && !envelope.client; }

std::optional<Reason> weakness(const Envelope& envelope, const AuthSettings& wanted) {
    const std::string& mechanism = envelope.auth->mechanism;
    if (!allowed(wanted.mechanisms, mechanism)) return Reason::mechanism_not_allowed;
    if (wanted.plaintext_needs_tls && plaintext(mechanism) && !hidden_from_listeners(envelope, wanted))
        return Reason::plaintext_without_tls;
    if (strongest_layer(envelope) < wanted.min_ssf) return Reason::ssf_too_low;
    if (sendmail_objects(envelope.sendmail)) return Reason::mechanism_not_trusted;
    return std::nullopt;
}

}  // namespace relay
