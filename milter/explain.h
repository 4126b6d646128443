// `milter-relay explain`: what would the daemon answer, and why? The facts come from the command line in the place of
// sendmail's macros, and go the same way from there.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "milter/commands.h"

namespace relay {

/// As they were typed; what is not given is not set, as a macro is not.
struct ExplainOptions {
    ConfigChoice config;
    std::optional<std::string> database;  ///< In the place of pop.database.
    std::string client;                   ///< An address, or "local" for a local submission.
    std::string to;
    std::optional<std::string> name, resolve, auth, mechanism, ssf, tls, from, mailer, dest, relay_client, policy, at;
    std::optional<std::string> host;        ///< $j; nothing: this machine's name, where it has a dot.
    unsigned recipients_before = 0;         ///< Of this message, and permitted.
    bool json = false;
};

/// EX_OK whenever a verdict was printed, EX_DATAERR for a value that makes no sense, EX_CONFIG for a bad configuration.
int explain(const ExplainOptions& options, std::ostream& out, std::ostream& errors);

}  // namespace relay
