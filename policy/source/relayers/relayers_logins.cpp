// RelayersWriter::remove_logins: found by a walk that keeps nobody out, taken away in one commit.
#include <algorithm>

#include "policy/source/relayers/relayers_keys.h"
#include "policy/source/relayers/relayers_walk.h"
#include "policy/source/relayers/relayers_writer.h"
#include "policy/source/relayers/tried_again.h"

namespace relay {
namespace {

using Names = std::vector<std::string>;

/// The record, where it can be read and names one of `names`.
std::optional<LoginRecord> record_naming(std::string_view key, std::string_view data, const Names& names) {
    if (!address_of_key(key)) return std::nullopt;
    auto record = decode_login_record(data, Layout::timestamp);
    const auto named = [&record](const std::string& name) { return names_login(*record, name); };
    if (!record || std::ranges::none_of(names, named)) return std::nullopt;
    return record;
}

/// Nothing when there is no database.
std::optional<std::vector<std::string>> keys_naming(const std::string& path, const Names& names,
                                                    std::chrono::milliseconds wait) {
    auto walk = RelayersWalk::open(path, wait);
    if (!walk) return std::nullopt;
    std::vector<std::string> keys;
    const auto take = [&](std::string_view key, std::string_view data) {
        if (record_naming(key, data, names)) keys.emplace_back(key);
    };
    while (walk->next(take)) {
    }
    return keys;
}

/// What becomes of one record, told in `removed`.
std::optional<std::string> without(const Names& names, std::optional<LoginRecord> record, const Address& client,
                                   std::vector<RelayersWriter::LoginRemoved>& removed) {
    const std::size_t first = removed.size();
    for (const std::string& name : names) {
        if (!record || !names_login(*record, name)) continue;
        removed.push_back({client, name, true});
        record = without_login(*record, name);
    }
    if (record) return encode_login_record(*record);
    for (std::size_t i = first; i < removed.size(); ++i) removed[i].entry_stays = false;
    return std::nullopt;
}

}  // namespace

std::vector<RelayersWriter::LoginRemoved> RelayersWriter::remove_logins(const Names& names) {
    const Turn turn{last_end_};
    return tried_again([&] {
        std::vector<LoginRemoved> removed;
        const auto keys = keys_naming(path_, names, lock_wait_);
        const auto file = keys ? LockedFile::open(path_, Lock::exclusive, lock_wait_) : std::nullopt;
        if (!file) return removed;
        Records records{*file, Database::Access::write};
        Changes changes;
        for (const std::string& key : *keys)
            records.each_under(key, [&](std::string_view data) {
                if (const auto record = record_naming(key, data, names))
                    changes[key] = without(names, record, *address_of_key(key), removed);
            });
        if (!changes.empty()) remember(apply(*file, records, changes, *watch_));
        return removed;
    });
}

}  // namespace relay
