// The one place that knows sendmail's macro names: which to ask for, and how they become the facts of an Envelope.
//
// A macro is read through a function, so that tests and `explain` need no MTA. Pure; keeps nothing.
//
// Each macro is asked for at one step only: libmilter answers smfi_getsymval from the earliest step that brought the
// name, so a macro asked for at HELO and again at MAIL would keep the value that it had before STARTTLS.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "policy/envelope.h"

namespace relay {

/// The value of a macro, by its name as sendmail writes it ("i", "{client_addr}"); null when it is not set.
using MacroGetter = std::function<const char*(const char* name)>;

/// For smfi_setsymlist. The TLS macros are not asked for at HELO: it need not come again after STARTTLS.
inline constexpr const char* kConnectMacros = "j {client_addr} {client_name} {client_resolve} {daemon_name}";
inline constexpr const char* kMailMacros =
    "i {auth_type} {auth_authen} {auth_author} {auth_ssf} {tls_version} {cipher_bits} {verify}";
inline constexpr const char* kRcptMacros = "{rcpt_mailer} {relay_dest} {relay_client} {relay_policy}";

/// The longest value that is taken from a macro, in bytes; what is longer is cut (sendmail's own limit is 256).
inline constexpr std::size_t kMaxMacro = 1024;

/// Who connected. Neither: an address family that we do not know, trusted with nothing.
struct Client {
    std::optional<Address> address;
    bool local_submission = false;  ///< sendmail -bs.
};

/// `from_socket` is the address that xxfi_connect got. Without one {client_addr} decides: empty or "0" is a local
/// submission (sendmail operations guide), an address is that address, anything else is unknown.
Client read_client(std::optional<Address> from_socket, const MacroGetter& macro);

/// What sendmail told about one recipient.
struct Told {
    Envelope envelope;                ///< All but the two paths.
    std::string queue_id;             ///< {i}; may be empty.
    std::string listener;             ///< {daemon_name}; may be empty.
    std::vector<std::string> faults;  ///< Words that sendmail's rules should not have passed: for the log, printable.
};

/// {relay_dest} and {relay_client} both absent: plain wiring. One of them alone, or a word that is not known, is a
/// fault of the wiring and counts as `temp`: it can defer mail, never refuse it, and never let anyone relay.
/// An unknown {relay_policy} takes the right to relay from AUTH and from POP, in the same way.
Told read_macros(const Client& client, const MacroGetter& macro);

}  // namespace relay
