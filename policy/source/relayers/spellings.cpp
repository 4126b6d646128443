#include "policy/source/relayers/spellings.h"

#include "policy/source/relayers/relayers_keys.h"

namespace relay {

namespace {

/// A look-up costs about as much as half a page of a pass.
bool pass_is_cheaper(Records& records, std::size_t clients) {
    constexpr std::size_t keys_of_a_client = 26;
    return records.hash() && clients * keys_of_a_client > 2 * std::size_t{records.hash()->buckets()};
}

}  // namespace

std::map<Address, Spellings> spellings_of(Records& records, const std::vector<Address>& clients) {
    std::map<Address, Spellings> found;
    for (const Address& client : clients) found.try_emplace(client);
    if (pass_is_cheaper(records, found.size())) {
        records.each([&found](std::string_view key, std::string_view datum) {
            const auto client = address_of_key(key);
            const auto place = client ? found.find(*client) : found.end();
            if (place != found.end()) place->second.emplace(key, datum);
        });
        return found;
    }
    for (auto& [client, spellings] : found)
        for (const std::string& key : relayers_keys(client))
            records.each_under(key, [&, &ours = spellings](std::string_view datum) { ours.emplace(key, datum); });
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

}  // namespace relay
