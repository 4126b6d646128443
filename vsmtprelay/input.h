// Addresses and numbers as an admin gives them: each is judged before anything is changed.
#pragma once

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include "policy/address.h"
#include "policy/source/files/watch.h"

namespace relay {

/// Bad words of the admin's: each quoted, escaped.
struct BadInput : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Throws BadInput that names every word that is no address.
std::vector<Address> addresses_in(const std::vector<std::string>& words);

/// One address a line; blanks around it, empty lines and what follows a # do not count. A line has at most 2,000 bytes.
/// Throws BadInput that names the bad lines, the first ten in full.
std::vector<Address> addresses_from(std::FILE* input, Watch& watch);

/// Login names, as list --logins shows them or as they are; throws BadInput for those that name nobody.
std::vector<std::string> login_names_in(const std::vector<std::string>& words);

/// Minutes, 0 to 4,000,000,000; throws BadInput.
std::chrono::minutes minutes_in(const std::string& word);

/// Seconds since the epoch, 0 to the year 9999; throws BadInput.
std::chrono::sys_seconds ticks_in(const std::string& word);

}  // namespace relay
