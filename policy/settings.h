// The configuration as values, with the defaults of milter-relay.toml(5). Reading the file is policy/source's work.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "policy/login_record.h"
#include "policy/network.h"
#include "policy/verdict.h"

namespace relay {

/// 127.0.0.0/8 and ::1.
std::vector<Network> loopback_networks();
/// 127.0.0.1 and ::1: the addresses that sendmail's own Relay_ok takes for this host, and no more.
std::vector<Network> own_addresses();

/// [destinations]: plain wiring only, where sendmail does not say {relay_dest}.
struct DestinationSettings {
    std::string local_host_names = "/etc/mail/local-host-names";  ///< Class w: one name a line, exact match.
    std::string relay_domains = "/etc/mail/relay-domains";        ///< Class R: one name a line, subdomains included.
    std::vector<std::string> domains;                             ///< More of class w, lower case.
};

/// [pop]
struct PopSettings {
    std::string database = "/etc/mail/relayers.db";
    Layout layout = Layout::timestamp;
    std::chrono::seconds window = std::chrono::minutes{1440};  ///< 1 s to 366 days.
    unsigned prefix6 = 128;                                    ///< 32 to 128: one login vouches for its IPv6 network.
};

/// [auth]
struct AuthSettings {
    std::vector<std::string> mechanisms;  ///< Upper case; empty: any but ANONYMOUS.
    bool plaintext_needs_tls = false;     ///< PLAIN and LOGIN only under TLS or from plaintext_exempt.
    std::vector<Network> plaintext_exempt = loopback_networks();
    unsigned min_ssf = 0;                 ///< Bits: the stronger of {auth_ssf} and {cipher_bits} must reach it; 0 to 256.
};

struct Settings {
    std::string socket = "local:/run/milter-relay/milter-relay.sock";
    std::string user = "milter-relay";
    Mode mode = Mode::enforce;
    Methods methods = Methods::auth_and_pop;  ///< Where sendmail passes no {relay_policy}.
    std::vector<std::string> local_mailers = {"local", "procmail", "cyrusv2", "lmtp"};
    std::vector<Network> trusted_networks = own_addresses();
    DestinationSettings destinations;
    PopSettings pop;
    AuthSettings auth;
};

}  // namespace relay
