// Login formats as TOML, one file a server: format and placeholders in vsmtprelay/feed/login_format.h.
//
//   programs = ["tag", ...]        units, commands, services = [...]      session = "process"       lookalikes = ["message", ...]
//   [[message]]
//   kind = "login" | "connect" | "end" | "other"
//   pattern = '...'
//   samples = [["message", "client or session", "login"], ...]
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "vsmtprelay/feed/login_format.h"

namespace relay {

/// What is wrong in a file of formats: "FILE:LINE: ...".
struct BadFormat : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Throws BadFormat: also where a sample is not read as it says, or a look-alike is read as a login.
LoginFormat parse_login_format(std::string_view toml, const std::string& file);

/// All *.toml of the directories; a name in a later one replaces the same name in an earlier one. A missing directory
/// holds none. Throws BadFormat or Fault.
std::vector<LoginFormat> read_login_formats(const std::vector<std::string>& directories);

}  // namespace relay
