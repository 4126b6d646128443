// A configuration as the file that would make it: every key with the value in force. The reverse of config_file.h.
#pragma once

#include <string>

#include "policy/settings.h"

namespace relay {

/// TOML that milter-relay.toml(5) describes. What is not set and has no word for that is a comment.
std::string config_text(const Settings& settings);

}  // namespace relay
