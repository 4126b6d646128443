#include "tests/property/relayers_model.h"

#include <optional>

using namespace relay;
using namespace std::string_literals;

namespace property {
namespace {

constexpr int kFirstV6 = 4;

bool same_network(int one, int other) {
    return one == other || (one >= kFirstV6 && other >= kFirstV6 && one / 2 == other / 2);
}

}  // namespace

const std::array<std::string, kSpellings>& keys_of(int client) {
    static const std::array<std::array<std::string, kSpellings>, kClients> all = {{
        {"10.0.0.1", "10.0.0.1\0"s, "::ffff:10.0.0.1"},
        {"10.0.0.2", "10.0.0.2\0"s, "IPv6:::ffff:10.0.0.2"},
        {"10.0.0.3", "10.0.0.3\0"s, "::ffff:a00:3"},
        {"10.255.255.255", "10.255.255.255\0"s, "ipv6:0:0:0:0:0:ffff:10.255.255.255"},
        {"2001:db8:0:1::1", "2001:db8:0:1:0:0:0:1", "IPv6:2001:db8:0:1::1"},
        {"2001:db8:0:1::2", "2001:db8:0:1::2\0"s, "ipv6:2001:db8:0:1:0:0:0:2\0"s},
        {"2001:db8:0:2::1", "2001:db8:0:2:0:0:0:1", "IPv6:2001:db8:0:2:0:0:0:1"},
        {"2001:db8:0:2::ffff", "2001:db8:0:2:0:0:0:ffff", "ipv6:2001:db8:0:2::ffff"},
    }};
    return all.at(static_cast<std::size_t>(client));
}

Address address_of(int client) {
    return Address::parse(keys_of(client)[0]).value();
}

void RelayersModel::set(int client, const LoginRecord& record) {
    forget(client);
    records[keys_of(client)[0]] = encode_login_record(record);
}

void RelayersModel::merge(int client, const LoginRecord& record) {
    std::optional<LoginRecord> all;
    std::map<std::string, std::string> spellings;  // In the order of their bytes, which decides between equals.
    for (const std::string& key : keys_of(client))
        if (const auto found = records.find(key); found != records.end()) spellings.insert(*found);
    for (const auto& [key, datum] : spellings)
        if (const auto old = decode_login_record(datum, Layout::timestamp)) all = all ? merged(*all, *old) : *old;
    set(client, all ? merged(*all, record) : record);
}

void RelayersModel::forget(int client) {
    for (const std::string& key : keys_of(client)) records.erase(key);
}

void RelayersModel::expire(std::chrono::sys_seconds oldest) {
    std::erase_if(records, [&](const auto& entry) {
        const auto record = decode_login_record(entry.second, Layout::timestamp);
        return record && record->at < oldest;
    });
}

std::set<std::string> RelayersModel::answers(int client) const {
    std::set<std::string> found;
    std::optional<std::chrono::sys_seconds> newest;
    for (const std::string& key : keys_of(client)) {
        if (!records.contains(key)) continue;
        const auto record = decode_login_record(records.at(key), Layout::timestamp);
        if (!record) return {"failed"};
        if (newest && record->at < *newest) continue;
        if (newest != record->at) found.clear();
        newest = record->at;
        found.insert("found " + encode_login_record(*record));
    }
    return found.empty() ? std::set<std::string>{"absent"} : found;
}

std::set<std::string> RelayersModel::answers_for_network(int client) const {
    std::set<std::string> best{"absent"};
    for (int each = 0; each < kClients; ++each) {
        if (!same_network(client, each)) continue;
        const std::set<std::string> found = answers(each);
        if (found.contains("failed")) return found;
        if (found.contains("absent")) continue;
        const auto time = [](const std::set<std::string>& some) { return std::stoll(some.begin()->substr(6)); };
        if (best.contains("absent") || time(found) > time(best)) best = found;
        else if (time(found) == time(best)) best.insert(found.begin(), found.end());
    }
    return best;
}

}  // namespace property
