#include "vsmtprelay/print.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <map>

#include "policy/source/files/escaped.h"
#include "policy/source/relayers/relayers_keys.h"

namespace relay {
namespace {

std::string record_line(const RelayersEntry& entry) {
    return std::string{without_nul(entry.key)} + ' ' + encode_login_record(*entry.record) + '\n';
}

using Newest = std::map<Address, const RelayersEntry*>;

/// Empty where each address has our one spelling, as in all files that we and makemap write: then none is there twice.
Newest newest_of(const std::vector<RelayersEntry>& entries) {
    Newest newest;
    const bool ours = std::all_of(entries.begin(), entries.end(), [](const RelayersEntry& entry) {
        return !entry.readable() || entry.key == relayers_key(*entry.client);
    });
    if (ours) return newest;
    for (const RelayersEntry& entry : entries) {
        if (!entry.readable()) continue;
        const RelayersEntry*& best = newest[*entry.client];
        if (!best || best->record->at < entry.record->at) best = &entry;
    }
    return newest;
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
    return "# timestamp (UTC): " + utc_text(entry.record->at) + '\n' + record_line(entry);
}

std::string entries_text(const std::vector<RelayersEntry>& entries) {
    const Newest newest = newest_of(entries);
    std::string text;
    for (const RelayersEntry& entry : entries) {
        const bool outdone = entry.readable() && !newest.empty() && newest.at(*entry.client) != &entry;
        text += outdone ? "# older, of the same address: " + escaped(entry.key) + ' ' + escaped(entry.data) + '\n'
                        : entry_text(entry);
    }
    return text;
}

}  // namespace relay
