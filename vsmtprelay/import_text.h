// The text that list and dump print, and that `makemap hash relayers` takes: an address, blanks, its record, a line each.
#pragma once

#include <cstdio>
#include <map>

#include "policy/address.h"
#include "policy/login_record.h"
#include "policy/source/files/watch.h"

namespace relay {

/// Lines that are empty or begin with a # do not count. An address that stands there twice gets the logins of both. Throws
/// BadInput that names every line that is no record of an address, and Fault where `input`, called `name`, cannot be read.
std::map<Address, LoginRecord> records_from(std::FILE* input, const std::string& name, Watch& watch);

}  // namespace relay
