// The commands that ask the running daemon: `limits`, `release`, `reload`; status_command.h has `status`. Each prints what it was told, and
// returns a sysexits(3) code: EX_UNAVAILABLE when no daemon answers, EX_NOPERM when it may not be asked.
#pragma once

#include <iosfwd>
#include <string>

#include "milter/commands.h"

namespace relay {

struct ControlOptions {
    ConfigChoice config;
    bool json = false;
};

/// The fullest keys, or one key; and the logins on the brake.
int show_limits(const ControlOptions& options, const std::string& key, std::ostream& out, std::ostream& errors);
/// EX_DATAERR when no limit knows the key.
int reset_limit(const ControlOptions& options, const std::string& key, std::ostream& out, std::ostream& errors);
/// EX_DATAERR when the login is not braked.
int release_login(const ControlOptions& options, const std::string& login, std::ostream& out, std::ostream& errors);
/// EX_CONFIG when the configuration was not taken; every error is printed.
int reload_daemon(const ControlOptions& options, std::ostream& out, std::ostream& errors);

}  // namespace relay
