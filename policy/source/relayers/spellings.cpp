#include "policy/source/relayers/spellings.h"

#include "policy/source/relayers/relayers_keys.h"

namespace relay {

std::map<std::string, std::string> spellings_of(Records& records, const Address& client) {
    std::map<std::string, std::string> found;
    for (const std::string& key : relayers_keys(client))
        records.each_under(key, [&](std::string_view datum) { found.emplace(key, datum); });
    return found;
}

std::optional<LoginRecord> merged_record(const std::map<std::string, std::string>& found) {
    std::optional<LoginRecord> all;
    for (const auto& [key, datum] : found) {
        const auto record = decode_login_record(datum, Layout::timestamp);
        if (record) all = all ? merged(*all, *record) : *record;
    }
    return all;
}

void set_only(const Address& client, const std::string& data, const std::map<std::string, std::string>& found,
              Changes& changes) {
    const std::string ours = relayers_key(client);
    for (const auto& [key, datum] : found)
        if (key != ours) changes[key] = std::nullopt;
    const auto present = found.find(ours);
    if (present == found.end() || present->second != data) changes[ours] = data;
}

}  // namespace relay
