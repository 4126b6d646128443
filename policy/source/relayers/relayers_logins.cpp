// RelayersWriter::remove_logins: found by a walk that keeps nobody out, taken away in one commit.
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
    if (!record || !names_any(*record, names)) return std::nullopt;
    return record;
}

/// Nothing when there is no database.
std::optional<std::vector<std::string>> keys_naming(const std::string& path, const Names& names,
                                                    std::chrono::milliseconds wait, Watch& watch) {
    auto walk = RelayersWalk::open(path, wait);
    if (!walk) return std::nullopt;
    std::vector<std::string> keys;
    std::size_t met = 0;
    const auto take = [&](std::string_view key, std::string_view data) {
        ++met;
        if (record_naming(key, data, names)) keys.emplace_back(key);
    };
    while (walk->next(take)) watch.progress(met);
    return keys;
}

}  // namespace

std::vector<LoginWriter::LoginRemoved> RelayersWriter::remove_logins(const Names& names) {
    const Turn turn{last_end_};
    return tried_again([&] {
        std::vector<LoginRemoved> removed;
        const auto keys = keys_naming(path_, names, lock_wait_, *watch_);
        const auto file = keys ? LockedFile::open(path_, Lock::exclusive, lock_wait_) : std::nullopt;
        if (!file) return removed;
        Records records{*file, Database::Access::write};
        Changes changes;
        for (const std::string& key : *keys)
            records.each_under(key, [&](std::string_view data) {
                const auto record = record_naming(key, data, names);
                if (!record) return;
                const auto rest = without_logins(*record, names, *address_of_key(key), removed);
                changes[key] = rest ? std::optional{encode_login_record(*rest)} : std::nullopt;
            });
        if (!changes.empty()) remember(apply(*file, records, changes, *watch_));
        return removed;
    });
}

}  // namespace relay
