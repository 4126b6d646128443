#include "policy/source/relayers/spellings.h"

#include <algorithm>

#include "policy/source/relayers/relayers_keys.h"

namespace relay {

namespace {

/// A key to look for, and where it is to be noted.
struct Probe {
    std::uint32_t bucket;
    std::string key;
    Spellings* found;
};

/// In the order of their buckets, so that each page is read once.
std::vector<Probe> probes_in(const HashFile& file, std::map<Address, Spellings>& clients) {
    std::vector<Probe> probes;
    for (auto& [client, found] : clients)
        for (std::string& key : relayers_keys(client)) {
            const std::uint32_t bucket = file.bucket_of(key);
            probes.push_back({bucket, std::move(key), &found});
        }
    std::ranges::sort(probes, {}, &Probe::bucket);
    return probes;
}

void look_for(HashFile& file, const std::vector<Probe>& probes) {
    for (auto begin = probes.begin(); begin != probes.end();) {
        const auto end = std::find_if(begin, probes.end(), [&](const Probe& probe) { return probe.bucket != begin->bucket; });
        file.each_in_bucket(begin->bucket, [&](std::string_view key, std::string_view datum) {
            for (auto probe = begin; probe != end; ++probe)
                if (probe->key == key) probe->found->emplace(key, datum);
        });
        begin = end;
    }
}

}  // namespace

std::map<Address, Spellings> spellings_of(Records& records, const std::vector<Address>& clients) {
    std::map<Address, Spellings> found;
    for (const Address& client : clients) found.try_emplace(client);
    if (records.hash()) {
        look_for(*records.hash(), probes_in(*records.hash(), found));
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
