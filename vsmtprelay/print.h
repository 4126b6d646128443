// Entries as the text that list and dump print, and that `makemap hash relayers` takes back.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "policy/source/relayers/relayers_entries.h"

namespace relay {

/// "# timestamp (UTC): Tue Sep 22 22:15:27 1998", a line break, "10.11.12.13 906502527" with logins where known, a line
/// break. What makemap(8) could not take back becomes a comment: an entry that cannot be read.
std::string entry_text(const RelayersEntry& entry);

/// Puts into comments what another spelling of the same address outdoes, since makemap takes a key once.
std::string entries_text(const std::vector<RelayersEntry>& entries);

/// As asctime(3), in UTC and English, without the line break.
std::string utc_text(std::chrono::sys_seconds at);

}  // namespace relay
