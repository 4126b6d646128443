#include "vsmtprelay/print.h"

#include <algorithm>
#include <array>

#include "policy/ascii.h"
#include "policy/source/files/escaped.h"
#include "policy/source/relayers/relayers_keys.h"

namespace relay {
namespace {

/// A million of them are printed at once.
void append_two(std::string& text, std::int64_t number, char pad) {
    text.push_back(number < 10 ? pad : static_cast<char>('0' + number / 10));
    text.push_back(static_cast<char>('0' + number % 10));
}

void append_utc(std::string& text, std::chrono::sys_seconds at) {
    using namespace std::chrono;
    static constexpr std::array weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = floor<days>(at);
    const year_month_day date{day};
    const hh_mm_ss time{at - day};
    text.append(weekdays[weekday{day}.c_encoding()]).append(1, ' ').append(months[static_cast<unsigned>(date.month()) - 1]).append(1, ' ');
    append_two(text, static_cast<unsigned>(date.day()), ' ');
    append_two(text.append(1, ' '), time.hours().count(), '0');
    append_two(text.append(1, ':'), time.minutes().count(), '0');
    append_two(text.append(1, ':'), time.seconds().count(), '0');
    text.append(1, ' ').append(std::to_string(static_cast<int>(date.year())));
}

std::string record_text(std::string_view key, const LoginRecord& record) {
    constexpr std::size_t kWithoutLogins = 128;
    std::string text;
    text.reserve(kWithoutLogins);
    append_utc(text.append("# timestamp (UTC): "), record.at);
    text.append(1, '\n').append(without_nul(key)).append(1, ' ').append(encode_login_record(record)).append(1, '\n');
    return text;
}

}  // namespace

std::string utc_text(std::chrono::sys_seconds at) {
    std::string text;
    append_utc(text, at);
    return text;
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
    if (std::ranges::all_of(key, [](char c) { return is_digit(c) || c == '.'; })) return;  // As we write it.
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
