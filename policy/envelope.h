// The facts of one recipient, as sendmail told them: values, nothing looked up yet.
#pragma once

#include <optional>
#include <string>

#include "policy/address.h"
#include "policy/mailbox.h"

namespace relay {

/// {relay_dest}: where sendmail's Rcpt_ok places the recipient, AUTH and TLS left aside.
enum class Destination { ours, other, temp };

/// {relay_client}: what sendmail's RelayTLS, Local_Relay_Auth and Relay_ok say of the client.
enum class RelayClient { auth, tls, trusted, temp, unknown };

/// {relay_policy}: the methods that may permit relaying.
enum class Methods { auth_and_pop, auth_only, pop_only };

/// RFC 4954 and the sendmail operations guide, {auth_*}.
struct Authentication {
    std::string identity;   ///< {auth_authen}, the authentication identity; a peer's bytes.
    std::string author;     ///< {auth_author}: the AUTH= parameter of MAIL; a peer's bytes.
    std::string mechanism;  ///< {auth_type}: PLAIN, CRAM-MD5, EXTERNAL ...
    unsigned ssf = 0;       ///< {auth_ssf}: bits of the SASL security layer.
    bool operator==(const Authentication&) const = default;
};

struct Tls {
    std::string version;   ///< {tls_version}, as "TLSv1.3".
    unsigned bits = 0;     ///< {cipher_bits}: the effective key length.
    std::string verify;    ///< {verify}: OK, NO, FAIL, NOT ...
    bool operator==(const Tls&) const = default;
};

/// Sendmail passed {relay_dest} and {relay_client} (the feature) or neither (plain wiring).
struct SendmailSays {
    Destination destination = Destination::other;
    RelayClient client = RelayClient::unknown;
    bool operator==(const SendmailSays&) const = default;
};

struct Envelope {
    std::optional<Address> client;  ///< Nothing: a local submission, or a family that we do not know.
    bool local_submission = false;  ///< sendmail -bs: no address, and {client_addr} empty or "0".
    std::string client_name;        ///< {client_name}; a peer's bytes.
    std::string client_resolve;     ///< {client_resolve}: OK, FAIL, FORGED, TEMP.
    std::string host_name;          ///< $j: the realm that SASL adds to a login without one (AuthRealm's default).
    std::optional<Authentication> auth;  ///< Only when both {auth_type} and {auth_authen} are there.
    std::optional<Tls> tls;              ///< Only when {tls_version} is there.
    Path reverse_path;
    Path forward_path;
    unsigned recipients_before = 0;  ///< Those of this message that were permitted already.
    bool message_counted = false;    ///< The limits on messages have counted this one already.
    std::string rcpt_mailer;                   ///< {rcpt_mailer}: the mailer that sendmail chose.
    std::optional<SendmailSays> sendmail;      ///< Nothing in plain wiring.
    std::optional<Methods> methods;            ///< {relay_policy}, where sendmail passed it.
};

}  // namespace relay
