#include "policy/source/relayers/relayers_repair.h"

#include <fmt/chrono.h>

#include <map>

#include "policy/address.h"
#include "policy/login_record.h"
#include "policy/source/database/replacement.h"
#include "policy/source/database/rewrite.h"
#include "policy/source/database/salvage.h"
#include "policy/source/files/escaped.h"
#include "policy/source/relayers/relayers_keys.h"

namespace relay {
namespace {

constexpr std::size_t kProgressEvery = 1024;

std::string quoted(std::string_view bytes) {
    constexpr std::size_t most = 80;
    return '\'' + escaped(bytes.substr(0, most)) + (bytes.size() > most ? "'..." : "'");
}

std::optional<std::string> fault_of(std::string_view key, std::string_view datum) {
    if (!address_of_key(key)) return "the key " + quoted(key) + " is no address";
    if (decode_login_record(datum, Layout::timestamp)) return std::nullopt;
    return "the entry of " + quoted(without_nul(key)) + " is no login record: " + quoted(datum);
}

void verify_records(const LockedFile& file, Verification& result, Watch& watch) {
    Records records{file, Database::Access::read};
    std::size_t done = 0;
    records.each([&](std::string_view key, std::string_view datum) {
        if (auto fault = fault_of(key, datum))
            result.faults.add(std::move(*fault));
        else
            ++result.entries;
        if (++done % kProgressEvery == 0) watch.progress(done);
    });
}

/// libdb is only shown what our own check found sound: it trusts what it reads.
Verification verify_locked(const LockedFile& file, Watch& watch) {
    Verification result;
    try {
        DatabaseCheck{}.require_sound(file);
        if (const std::string said = Database::verify(file, watch); !said.empty())
            result.faults.add(escaped(file.path()) + ": libdb says: " + escaped(said));
        verify_records(file, result, watch);
    } catch (const Fault& fault) {
        if (fault.trouble != Trouble::damaged) throw;
        result.faults.add(fault.what());
    }
    return result;
}

using Saved = std::map<Address, LoginRecord>;

Salvage save(const LockedFile& file, Saved& saved, Repair& repair, Watch& watch) {
    std::size_t done = 0;
    return salvage(file, [&](std::string_view key, std::string_view datum) {
        if (++done % kProgressEvery == 0) watch.progress(done);
        if (auto fault = fault_of(key, datum)) return repair.not_logins.add(std::move(*fault));
        const LoginRecord record = decode_login_record(datum, Layout::timestamp).value();
        const auto [place, first] = saved.try_emplace(address_of_key(key).value(), record);
        if (!first) place->second = merged(place->second, record);
    });
}

}  // namespace

std::optional<Verification> verify_relayers(const std::string& path, std::chrono::milliseconds lock_wait, Watch& watch) {
    const auto file = LockedFile::open(path, Lock::shared, lock_wait);
    if (!file) return std::nullopt;
    return verify_locked(*file, watch);
}

std::optional<Repair> repair_relayers(const std::string& path, std::chrono::milliseconds lock_wait,
                                      std::chrono::sys_seconds now, Watch& watch) {
    const auto file = LockedFile::open(path, Lock::exclusive, lock_wait);
    if (!file) return std::nullopt;
    watch.begin();
    Repair repair;
    if (verify_locked(*file, watch).faults.count == 0) return repair;
    Saved saved;
    const Salvage found = save(*file, saved, repair, watch);
    const EachRecord records = [&saved](const UseRecord& use) {
        for (const auto& [client, record] : saved) use(relayers_key(client), encode_login_record(record));
    };
    repair.kept_as = real_name(*file) + fmt::format(".damaged-{:%Y%m%dT%H%M%SZ}", now);
    repair.touch = rewrite(*file, found.hash, records, watch, repair.kept_as);
    repair.entries = saved.size();
    repair.dropped = found.dropped;
    return repair;
}

}  // namespace relay
