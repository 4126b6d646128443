// A record of relayers.db (layout timestamp) as it stands on disk, and what it says.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/address.h"
#include "policy/login_record.h"

namespace relay {

struct RelayersEntry {
    std::string key;   ///< As it is on disk.
    std::string data;  ///< As it is on disk.
    std::optional<Address> client;      ///< Nothing where the key is no address.
    std::optional<LoginRecord> record;  ///< Nothing where the data is no login record.

    RelayersEntry(std::string_view key_on_disk, std::string_view data_on_disk);
    [[nodiscard]] bool readable() const { return client && record; }
};

}  // namespace relay
