#include "policy/source/relayers/relayers_writer.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <stdexcept>

#include "policy/source/database/database.h"
#include "policy/source/files/fault.h"
#include "policy/source/database/locked_file.h"
#include "policy/source/database/new_database.h"
#include "policy/source/relayers/relayers_keys.h"

namespace relay {
namespace {

/// sendmail opens a map again when the open file's mtime, in whole seconds, has moved on. Best effort: only the owner
/// of a file may set its times.
void move_mtime_on(const LockedFile& file, const FileStamp& before) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const time_t next = std::min(std::max(now.tv_sec, before.modified.tv_sec + 1), now.tv_sec + 1);
    const timespec times[2] = {{0, UTIME_OMIT}, {next, now.tv_nsec}};
    [[maybe_unused]] const int ignored = ::futimens(file.descriptor(), times);
}

void commit(Database& database, const LockedFile& file, const FileStamp& before) {
    database.commit();
    if (::fsync(file.descriptor()) != 0) throw system_fault(file.path(), "write to disk", errno);
    move_mtime_on(file, before);
}

void set(Database& database, const Address& client, const std::string& data) {
    const std::string ours = relayers_key(client);
    database.put(ours, data);
    for (const std::string& key : relayers_keys(client))
        if (key != ours) database.erase(key);
}

bool erase_every_spelling(Database& database, const Address& client) {
    bool erased = false;
    for (const std::string& key : relayers_keys(client)) erased = database.erase(key) || erased;
    return erased;
}

}  // namespace

void RelayersWriter::add(const std::vector<Address>& clients, const LoginRecord& record) {
    std::optional<LockedFile> file = LockedFile::open(path_, Lock::exclusive, lock_wait_);
    if (!file) {
        create_relayers_database(path_);
        file = LockedFile::open(path_, Lock::exclusive, lock_wait_);
    }
    if (!file) throw Fault{Trouble::replaced, path_ + ": was removed while it was being made"};
    const FileStamp before = file->stamp();
    DatabaseCheck check;
    Database database{*file, Database::Access::write, check};
    const std::string data = encode_login_record(record);
    for (const Address& client : clients) set(database, client, data);
    commit(database, *file, before);
}

void RelayersWriter::record(const std::vector<LoginEvent>& /*events*/) {
    throw std::logic_error{"RelayersWriter::record"};
}

std::vector<Address> RelayersWriter::remove(const std::vector<Address>& clients) {
    const auto file = LockedFile::open(path_, Lock::exclusive, lock_wait_);
    if (!file) return clients;
    const FileStamp before = file->stamp();
    DatabaseCheck check;
    Database database{*file, Database::Access::write, check};
    std::vector<Address> missing;
    for (const Address& client : clients)
        if (!erase_every_spelling(database, client)) missing.push_back(client);
    if (missing.size() < clients.size()) commit(database, *file, before);
    return missing;
}

RelayersWriter::Expired RelayersWriter::expire(std::chrono::sys_seconds oldest) {
    Expired result;
    const auto file = LockedFile::open(path_, Lock::exclusive, lock_wait_);
    if (!file) return result;
    const FileStamp before = file->stamp();
    DatabaseCheck check;
    Database database{*file, Database::Access::write, check};
    std::vector<std::string> old;
    database.each([&](std::string_view key, std::string_view data) {
        const auto record = decode_login_record(data, Layout::timestamp);
        if (!record || !address_of_key(key))
            ++result.unreadable;
        else if (record->at < oldest)
            old.emplace_back(key);
    });
    for (const std::string& key : old) result.removed += database.erase(key) ? 1 : 0;
    if (!old.empty()) commit(database, *file, before);
    return result;
}

}  // namespace relay
