#include "policy/source/relayers/relayers_entries.h"

#include "policy/source/database/database.h"
#include "policy/source/database/locked_file.h"
#include "policy/source/relayers/relayers_keys.h"

namespace relay {

std::optional<std::vector<RelayersEntry>> read_relayers(const std::string& path, std::chrono::milliseconds lock_wait) {
    const auto file = LockedFile::open(path, Lock::shared, lock_wait);
    if (!file) return std::nullopt;
    DatabaseCheck check;
    Database database{*file, Database::Access::read, check};
    std::vector<RelayersEntry> entries;
    database.each([&entries](std::string_view key, std::string_view data) {
        entries.push_back({std::string{key}, std::string{data}, address_of_key(key),
                           decode_login_record(data, Layout::timestamp)});
    });
    return entries;
}

}  // namespace relay
