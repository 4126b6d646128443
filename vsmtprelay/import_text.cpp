#include "vsmtprelay/import_text.h"

#include <fmt/format.h>

#include <cerrno>

#include "policy/source/files/fault.h"
#include "policy/source/relayers/relayers_keys.h"
#include "vsmtprelay/lines.h"

namespace relay {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// What is wrong with the line, or nothing.
std::string take_line(std::string_view line, std::map<Address, LoginRecord>& records) {
    const std::size_t end = std::min(line.find_first_of(kBlanks), line.size());
    const auto client = address_of_key(line.substr(0, end));
    if (!client) return quoted_word(line.substr(0, end)) + " is no IPv4 or IPv6 address";
    const std::string_view data = trimmed(line.substr(end));
    const auto record = decode_login_record(data, Layout::timestamp);
    if (!record) return quoted_word(data) + " is no login record: seconds since 1970-01-01 UTC, and logins";
    const auto [place, first] = records.try_emplace(*client, *record);
    if (!first) place->second = merged(place->second, *record);
    return {};
}

}  // namespace

std::map<Address, LoginRecord> records_from(std::FILE* input, const std::string& name, Watch& watch) {
    std::map<Address, LoginRecord> records;
    Complaints complaints;
    for (std::size_t number = 1; const auto line = next_line(input); ++number) {
        if (number % kLinesAtOnce == 0) watch.progress(number);
        const std::string_view text = trimmed(*line);
        if (text.empty() || text.front() == '#') continue;
        const std::string wrong = line->size() > kLongestLine ? too_long(number) : take_line(text, records);
        if (!wrong.empty()) complaints.add(line->size() > kLongestLine ? wrong : fmt::format("line {}: {}", number, wrong));
    }
    if (std::ferror(input) != 0) throw system_fault(name, "read", errno);
    complaints.end();
    watch.progress(records.size());
    return records;
}

}  // namespace relay
