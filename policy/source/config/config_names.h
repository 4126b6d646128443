// Names in configuration keys that several tables have: domains, networks, methods.
#pragma once

#include "policy/source/config/config_values.h"

namespace relay {

/// Lower case, without a dot at its end.
Parsed<std::string> parse_domain(const std::string& text);
Parsed<Network> parse_network(const std::string& text);
Parsed<Methods> parse_methods(const std::string& text);

/// ASCII letters, digits and `punctuation` alone.
bool all_of(std::string_view text, std::string_view punctuation);

}  // namespace relay
