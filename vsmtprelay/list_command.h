// vsmtprelay list and dump: what is in the database, in constant memory and without keeping anybody out.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "vsmtprelay/arguments.h"

namespace relay {

/// Each returns an exit code (sysexits(3)); throws BadInput, Fault.
int list_entries(const Arguments& arguments, std::chrono::sys_seconds now);
int dump_entries(const Arguments& arguments, std::chrono::sys_seconds now);

/// Before this an entry is old: N minutes ago, the first of `words`, or 1440. One that is exactly N minutes old is still
/// fresh, as it is for the milter. Throws BadInput.
std::chrono::sys_seconds oldest_fresh(const std::vector<std::string>& words, std::chrono::sys_seconds now);

/// Entries that cannot be read stay, and somebody has to look at them: the exit code of a cron job tells.
int tell_unreadable(const std::string& file, std::size_t count, const char* what_follows);

}  // namespace relay
