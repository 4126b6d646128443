// Every record of relayers.db (layout timestamp), for list and dump.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "policy/address.h"
#include "policy/login_record.h"

namespace relay {

struct RelayersEntry {
    std::string key;   ///< As it is on disk.
    std::string data;  ///< As it is on disk.
    std::optional<Address> client;      ///< Nothing where the key is no address.
    std::optional<LoginRecord> record;  ///< Nothing where the data is no login record.

    [[nodiscard]] bool readable() const { return client && record; }
};

/// In the order of the file, read under LOCK_SH, which is let go before this returns: whoever prints to a pager stops
/// nobody. Nothing when the file is missing from a directory that can be read. Throws Fault.
std::optional<std::vector<RelayersEntry>> read_relayers(const std::string& path, std::chrono::milliseconds lock_wait);

}  // namespace relay
