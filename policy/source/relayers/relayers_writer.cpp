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

void RelayersWriter::add(const std::vector<Address>& clients, const LoginRecord& record) {
    const Turn turn{last_end_};
    return tried_again([&] {
        const LockedFile file = open_or_make();
        Records records{file, Database::Access::write};
        const std::string data = encode_login_record(record);
        Changes changes;
        for (const auto& [client, found] : spellings_of(records, clients).of) set_only(client, data, found, changes);
        if (!changes.empty()) remember(apply(file, records, changes, *watch_));
    });
}

void RelayersWriter::merge(const std::map<Address, LoginRecord>& records) {
    const Turn turn{last_end_};
    return tried_again([&] {
        const LockedFile file = open_or_make();
        Records present{file, Database::Access::write};
        std::vector<Address> clients;
        for (const auto& [client, record] : records) clients.push_back(client);
        const Found found = spellings_of(present, clients, ours_alone_ && *ours_alone_ == file.stamp());
        Changes changes;
        for (const auto& [client, spellings] : found.of) {
            const LoginRecord& record = records.at(client);
            const auto before = merged_record(spellings);
            set_only(client, encode_login_record(before ? merged(*before, record) : record), spellings, changes);
        }
        if (!changes.empty()) remember(apply(file, present, changes, *watch_));
        const FileStamp now = file.stamp();
        ours_alone_ = found.ours_alone && now.settled() ? std::optional{now} : std::nullopt;
    });
}

void RelayersWriter::record(const std::vector<LoginEvent>& events) {
    std::map<Address, LoginRecord> records;
    for (const LoginEvent& event : events) {
        const LoginRecord login{Layout::timestamp, event.at, {{event.at, event.login}}};
        const auto [place, first] = records.try_emplace(event.client, login);
        if (!first) place->second = merged(place->second, login);
    }
    if (!records.empty()) merge(records);
}

void RelayersWriter::import(const std::map<Address, LoginRecord>& records) {
    if (!records.empty()) merge(records);
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
            for (const auto& [key, datum] : found.at(client)) changes[key] = std::nullopt;
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
