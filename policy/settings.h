// The configuration as values, with the defaults of milter-relay.toml(5). Reading the file is policy/source's work.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/alert.h"
#include "policy/guard.h"
#include "policy/limit.h"
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

/// [redis]: how to speak to the Redis or Valkey servers that a URL names where a file could stand.
struct RedisSettings {
    std::string user;                    ///< Of the server's ACL; empty: its default user.
    std::string password_file;           ///< Its first line; empty: no password is sent.
    std::string sentinel_user;           ///< The same for the Sentinels.
    std::string sentinel_password_file;
    std::string ca_file;                 ///< Whose certificates a rediss:// server has to show; empty: the system's.
    std::string certificate_file;        ///< What we show such a server, and its key; empty: nothing.
    std::string key_file;
    std::chrono::milliseconds deadline{250};  ///< Of each call, all in all; 10 ms to 10 s.
    std::string queue = "/var/lib/vsmtprelay/queue";  ///< Where logins wait that no server took.
};

/// [limits]: where the counts of limits and guard are.
struct LimitStoreSettings {
    std::string store;                   ///< A URL; empty: the memory of this process.
    Action on_failure = Action::permit;  ///< permit or defer: what becomes of a recipient whose counts cannot be asked.
};

/// [pop]
struct PopSettings {
    std::string database = "/etc/mail/relayers.db";  ///< Or the URL of a server (policy/source/redis/redis_url.h).
    Layout layout = Layout::timestamp;
    std::chrono::seconds window = std::chrono::minutes{1440};  ///< 1 s to 366 days.
    unsigned prefix6 = 128;                                    ///< 32 to 128: one login vouches for its IPv6 network.
    unsigned max_logins = 0;  ///< An address with more different fresh logins does not permit; 0: no limit. 0 to 15.
    /// Clients whose logins never count. Nothing: loopback and the server's own addresses.
    std::optional<std::vector<Network>> never;
    std::optional<std::chrono::sys_days> until;  ///< The last day (UTC) on which logins count.
    std::string not_for;                         ///< A file of logins that have moved to AUTH; empty: none.
    Mode mode = Mode::enforce;                   ///< Of max_logins, never, until and not_for.
};

/// [auth]
struct AuthSettings {
    std::vector<std::string> mechanisms;  ///< Upper case; empty: any but ANONYMOUS.
    bool plaintext_needs_tls = false;     ///< PLAIN and LOGIN only under TLS or from plaintext_exempt.
    std::vector<Network> plaintext_exempt = loopback_networks();
    unsigned min_ssf = 0;                 ///< Bits: the stronger of {auth_ssf} and {cipher_bits} must reach it; 0 to 256.
};

/// [account]
struct AccountSettings {
    std::string disabled;  ///< A file of logins, addresses and @domains; empty: none.
    Mode mode = Mode::enforce;
};

enum class SenderCheck {
    off,
    known,   ///< A sender in the map only by its owners.
    strict,  ///< Every sender must have an owner in the map, who is logged in.
    self,    ///< No map: the sender must be the login, or the login at one of our domains.
};

/// [sender]
struct SenderSettings {
    SenderCheck check = SenderCheck::off;
    Mode mode = Mode::enforce;
    std::string map;              ///< A makemap database; empty only with off and self.
    char recipient_delimiter = 0; ///< What parts a user from his address extension; 0: there are none.
    bool local_part_case = false; ///< Upper and lower case are different in local parts and logins.
};

/// [domain."NAME"]: what holds for the logins of this domain alone. It only narrows.
struct DomainSettings {
    std::string name;                ///< Lower case.
    std::optional<Methods> methods;  ///< Those of the whole that count for its logins; nothing: all.
    unsigned max_recipients = 0;     ///< Of one message; 0: no limit.
    bool disabled = false;
    Mode mode = Mode::enforce;
};

/// [metrics]
struct MetricsSettings {
    std::string listen;  ///< "ADDRESS:PORT" or "[ADDRESS]:PORT"; empty: nobody is served.
};

/// [reply]: texts of the admin's own in the place of ours, by reason. Checked when they are read.
struct ReplySettings {
    std::string url;
    std::map<Reason, std::string> texts;  ///< With the placeholders {url}, {client} and {wait}.
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
    AccountSettings account;
    SenderSettings sender;
    std::vector<DomainSettings> domains;
    std::vector<LimitSettings> limits;
    LimitStoreSettings limit_store;
    GuardSettings guard;
    AlertSettings alert;
    RedisSettings redis;
    std::string state = "/var/lib/milter-relay/limits";  ///< Where limits and guard are kept over a restart.
    std::optional<std::string> control;                  ///< The control socket; nothing: its default, empty: none.
    MetricsSettings metrics;
    ReplySettings reply;
};

}  // namespace relay
