// Reads milter-relay.toml(5) whole or not at all: settings, or every error at once.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "policy/settings.h"

namespace relay {

struct ConfigError {
    std::string file;
    unsigned line = 0;  ///< 0 where no line can be named.
    std::string key;    ///< "pop.window"; empty for a syntax error.
    std::string text;   ///< What is wrong and what would be right.

    /// "FILE:LINE: KEY: TEXT", one line, every byte printable.
    [[nodiscard]] std::string message() const;
};

using ConfigResult = std::variant<Settings, std::vector<ConfigError>>;

/// A missing file is the defaults only when `missing_is_default`; one that cannot be read is an error.
ConfigResult read_config_file(const std::string& path, bool missing_is_default);
/// [pop] database of a file that has errors elsewhere, empty where it is not set; nothing where that cannot be told.
std::optional<std::string> database_in_spite_of_errors(const std::string& path);
/// `file` is the name for messages.
ConfigResult parse_config(std::string_view toml, const std::string& file);

}  // namespace relay
