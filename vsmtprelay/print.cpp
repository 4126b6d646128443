#include "vsmtprelay/print.h"

#include <array>
#include <ctime>

#include "policy/source/files/escaped.h"
#include "policy/source/relayers/relayers_keys.h"

namespace relay {
namespace {

std::string record_text(std::string_view key, const LoginRecord& record) {
    return "# timestamp (UTC): " + utc_text(record.at) + '\n' + std::string{without_nul(key)} + ' '
           + encode_login_record(record) + '\n';
}

}  // namespace

std::string utc_text(std::chrono::sys_seconds at) {
    const std::time_t seconds = at.time_since_epoch().count();
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 64> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%a %b %e %H:%M:%S %Y", &parts)};
}

std::string entry_text(const RelayersEntry& entry) {
    if (!entry.readable()) return "# cannot be read: " + escaped(entry.key) + ' ' + escaped(entry.data) + '\n';
    return record_text(entry.key, *entry.record);
}

std::string login_text(const RelayersEntry& entry, const Login& login) {
    return record_text(entry.key, LoginRecord{Layout::timestamp, login.at, {login}});
}

std::vector<Login> logins_of(const RelayersEntry& entry) {
    if (!entry.record->logins.empty()) return entry.record->logins;
    return {Login{entry.record->at, {}}};
}

void SeveralKeys::note_key(std::string_view key) {
    const auto client = address_of_key(key);
    if (client && key != relayers_key(*client)) newest_.try_emplace(*client);
}

void SeveralKeys::note_entry(const RelayersEntry& entry) {
    if (!entry.readable()) return;
    const auto found = newest_.find(*entry.client);
    if (found == newest_.end()) return;
    auto& newest = found->second;
    if (!newest || newest->at < entry.record->at) newest = Newest{entry.key, entry.record->at};
}

bool SeveralKeys::outdone(const RelayersEntry& entry) const {
    if (newest_.empty() || !entry.readable()) return false;
    const auto found = newest_.find(*entry.client);
    return found != newest_.end() && found->second && found->second->key != entry.key;
}

std::string entry_text(const RelayersEntry& entry, const SeveralKeys& several) {
    if (!several.outdone(entry)) return entry_text(entry);
    return "# older, of the same address: " + escaped(entry.key) + ' ' + escaped(entry.data) + '\n';
}

}  // namespace relay
