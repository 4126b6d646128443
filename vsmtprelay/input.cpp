#include "vsmtprelay/input.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cerrno>
#include <optional>

#include "policy/login_record.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "vsmtprelay/lines.h"

namespace relay {
namespace {

constexpr std::int64_t kMostMinutes = 4'000'000'000;

std::optional<std::int64_t> number_in(const std::string& word, std::int64_t most) {
    std::int64_t number = 0;
    const char* end = word.data() + word.size();
    const auto [stopped, error] = std::from_chars(word.data(), end, number);
    if (error != std::errc{} || stopped != end || number < 0 || number > most || word.front() == '-') return std::nullopt;
    return number;
}

std::string_view trimmed(std::string_view line) {
    constexpr std::string_view blanks = " \t\r";
    line = line.substr(0, line.find('#'));
    const std::size_t first = line.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return line.substr(first, line.find_last_not_of(blanks) - first + 1);
}

}  // namespace

std::vector<Address> addresses_in(const std::vector<std::string>& words) {
    std::vector<Address> addresses;
    Complaints complaints;
    for (const std::string& word : words) {
        if (const auto address = Address::parse(word))
            addresses.push_back(*address);
        else
            complaints.add(quoted_word(word) + " is no IPv4 or IPv6 address");
    }
    complaints.end();
    return addresses;
}

std::vector<Address> addresses_from(std::FILE* input, Watch& watch) {
    std::vector<Address> addresses;
    Complaints complaints;
    for (std::size_t number = 1; const auto line = next_line(input); ++number) {
        if (number % kLinesAtOnce == 0) watch.progress(number);
        const std::string_view word = trimmed(*line);
        if (line->size() > kLongestLine)
            complaints.add(too_long(number));
        else if (const auto address = Address::parse(word))
            addresses.push_back(*address);
        else if (!word.empty())
            complaints.add(fmt::format("line {}: {} is no IPv4 or IPv6 address", number, quoted_word(word)));
    }
    if (std::ferror(input) != 0) throw system_fault("standard input", "read", errno);
    complaints.end();
    watch.progress(addresses.size());
    return addresses;
}

std::vector<std::string> login_names_in(const std::vector<std::string>& words) {
    std::vector<std::string> names;
    Complaints complaints;
    for (const std::string& word : words) {
        if (word.empty() || word == login_word({})) complaints.add(quoted_word(word) + " names nobody");
        names.push_back(login_of_word(word));
    }
    complaints.end();
    return names;
}

std::chrono::minutes minutes_in(const std::string& word) {
    const auto number = number_in(word, kMostMinutes);
    if (!number) throw BadInput{fmt::format("{} is no number of minutes from 0 to {}", quoted_word(word), kMostMinutes)};
    return std::chrono::minutes{*number};
}

std::chrono::sys_seconds ticks_in(const std::string& word) {
    const auto number = number_in(word, kMaxSeconds);
    if (!number) throw BadInput{fmt::format("{} is no timestamp: seconds since 1970-01-01 UTC, 0 to {}", quoted_word(word), kMaxSeconds)};
    return std::chrono::sys_seconds{std::chrono::seconds{*number}};
}

}  // namespace relay
