#include "policy/source/relayers/spellings.h"

#include <algorithm>

#include "policy/source/relayers/relayers_keys.h"

namespace relay {

namespace {

void look_up(Records& records, const std::string& key, Spellings& found) {
    records.each_under(key, [&](std::string_view datum) { found.emplace(key, datum); });
}

void look_through(Records& records, Found& found) {
    found.ours_alone = true;
    records.each([&found](std::string_view key, std::string_view datum) {
        const auto client = address_of_key(key);
        if (!client) return;
        if (key != relayers_key(*client)) {
            const auto keys = relayers_keys(*client);
            if (std::ranges::find(keys, key) == keys.end()) return;
            found.ours_alone = false;
        }
        if (const auto place = found.of.find(*client); place != found.of.end()) place->second.emplace(key, datum);
    });
}

bool walk_is_cheaper(Records& records, std::size_t clients) {
    constexpr std::size_t keys_of_a_client = 26;
    return records.hash() && clients * keys_of_a_client > records.hash()->buckets();
}

}  // namespace

Found spellings_of(Records& records, const std::vector<Address>& clients, bool ours_alone) {
    Found found{{}, ours_alone};
    for (const Address& client : clients) found.of.try_emplace(client);
    if (!ours_alone && walk_is_cheaper(records, found.of.size())) return look_through(records, found), found;
    for (auto& [client, spellings] : found.of) {
        if (ours_alone) look_up(records, relayers_key(client), spellings);
        else for (const std::string& key : relayers_keys(client)) look_up(records, key, spellings);
    }
    return found;
}

std::optional<LoginRecord> merged_record(const Spellings& found) {
    std::optional<LoginRecord> all;
    for (const auto& [key, datum] : found) {
        const auto record = decode_login_record(datum, Layout::timestamp);
        if (record) all = all ? merged(*all, *record) : *record;
    }
    return all;
}

void set_only(const Address& client, const std::string& data, const Spellings& found,
              Changes& changes) {
    const std::string ours = relayers_key(client);
    for (const auto& [key, datum] : found)
        if (key != ours) changes[key] = std::nullopt;
    const auto present = found.find(ours);
    if (present == found.end() || present->second != data) changes[ours] = data;
}

void erase_all(const Spellings& found, Changes& changes) {
    for (const auto& [key, datum] : found) changes[key] = std::nullopt;
}

}  // namespace relay
