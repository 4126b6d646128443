#include "policy/source/relayers/relayers_writer.h"

#include "policy/source/database/new_database.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/relayers/spellings.h"
#include "policy/source/relayers/tried_again.h"

namespace relay {

RelayersWriter::RelayersWriter(std::string path, std::chrono::milliseconds lock_wait)
    : path_{std::move(path)}, lock_wait_{lock_wait}, watch_{&nobody_} {}

LockedFile RelayersWriter::open_or_make() const {
    auto file = LockedFile::open(path_, Lock::exclusive, lock_wait_);
    if (!file) {
        create_relayers_database(path_);
        file = LockedFile::open(path_, Lock::exclusive, lock_wait_);
    }
    if (!file) throw Fault{Trouble::replaced, escaped(path_) + ": was removed while it was being made"};
    return std::move(*file);
}

void RelayersWriter::remember(std::optional<LateTouch> touch) {
    if (touch) owed_ = std::move(touch);
}

void RelayersWriter::revise(const std::vector<Address>& clients, const Revision& revision) {
    if (clients.empty()) return;
    const Turn turn{last_end_};
    return tried_again([&] {
        const LockedFile file = open_or_make();
        Records present{file, Database::Access::write};
        const Found found = spellings_of(present, clients, ours_alone_ && *ours_alone_ == file.stamp());
        Changes changes;
        for (const auto& [client, spellings] : found.of) {
            const auto before = merged_record(spellings);
            const auto after = revision(client, before);
            if (after) set_only(client, encode_login_record(*after), spellings, changes);
            else if (before) erase_all(spellings, changes);
        }
        if (!changes.empty()) remember(apply(file, present, changes, *watch_));
        const FileStamp now = file.stamp();
        ours_alone_ = found.ours_alone && now.settled() ? std::optional{now} : std::nullopt;
    });
}

std::vector<Address> RelayersWriter::remove(const std::vector<Address>& clients) {
    const Turn turn{last_end_};
    return tried_again([&] {
        const auto file = LockedFile::open(path_, Lock::exclusive, lock_wait_);
        if (!file) return clients;
        Records records{*file, Database::Access::write};
        std::vector<Address> missing;
        Changes changes;
        const auto found = spellings_of(records, clients).of;
        for (const Address& client : clients) {
            erase_all(found.at(client), changes);
            if (found.at(client).empty()) missing.push_back(client);
        }
        if (!changes.empty()) remember(apply(*file, records, changes, *watch_));
        return missing;
    });
}

std::optional<std::chrono::sys_seconds> RelayersWriter::touch_due() const {
    if (!owed_) return std::nullopt;
    return owed_->due;
}

void RelayersWriter::touch() {
    if (owed_) owed_->perform();
    owed_.reset();
}

void RelayersWriter::leave_touch_behind() {
    if (owed_) owed_->leave_behind();
    owed_.reset();
}

}  // namespace relay
