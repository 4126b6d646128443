// The commands beside `run`: they print what they find and return a sysexits(3) code.
#pragma once

#include <iosfwd>
#include <string>

#include "paths.h"

namespace relay {

inline constexpr const char* kDefaultConfig = MILTER_RELAY_MAIL_DIR "/milter-relay.toml";

/// Which configuration to read; the default one may be missing.
struct ConfigChoice {
    std::string file = kDefaultConfig;
    bool missing_is_default = true;
};

/// Prints every error of the configuration to `errors` (EX_CONFIG), or "FILE: ok" and every setting in force (EX_OK).
int check_config(const ConfigChoice& config, std::ostream& out, std::ostream& errors);

}  // namespace relay
