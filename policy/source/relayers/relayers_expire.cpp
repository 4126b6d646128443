// RelayersWriter::expire: the cheaper of two ways, and never one that a crash could make harmful.
#include "policy/source/relayers/relayers_keys.h"
#include "policy/source/relayers/relayers_writer.h"

namespace relay {

RelayersWriter::Expired RelayersWriter::expire(std::chrono::sys_seconds oldest) {
    Expired result;
    const auto file = LockedFile::open(path_, Lock::exclusive, lock_wait_);
    if (!file) return result;
    Records records{*file, Database::Access::write};
    Changes changes;
    records.each([&](std::string_view key, std::string_view data) {
        const auto record = decode_login_record(data, Layout::timestamp);
        if (!record || !address_of_key(key))
            ++result.unreadable;
        else if (record->at < oldest)
            changes[std::string{key}] = std::nullopt;
    });
    result.removed = changes.size();
    if (!changes.empty()) remember(apply(*file, changes, *watch_));
    return result;
}

}  // namespace relay
