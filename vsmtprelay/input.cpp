#include "vsmtprelay/input.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cerrno>
#include <optional>

#include "policy/login_record.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"

namespace relay {
namespace {

constexpr std::size_t kLongestLine = 1000;
constexpr std::size_t kMostNamed = 10;
constexpr std::int64_t kMostMinutes = 4'000'000'000;

std::string quoted(std::string_view word) {
    constexpr std::size_t most = 100;
    return '\'' + escaped(word.substr(0, most)) + (word.size() > most ? "'..." : "'");
}

/// Collects what is wrong with many words, so that all of it is told at once.
class Complaints {
public:
    void add(const std::string& text) {
        if (++count_ <= kMostNamed) text_ += (text_.empty() ? "" : "; ") + text;
    }
    void end() const {
        if (count_ > kMostNamed) throw BadInput{fmt::format("{}; and {} more", text_, count_ - kMostNamed)};
        if (count_ > 0) throw BadInput{text_};
    }

private:
    std::size_t count_ = 0;
    std::string text_;
};

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

/// The next line without its end, cut where it is longer than a line may be; nothing at the end of the input.
std::optional<std::string> next_line(std::FILE* input) {
    std::string line;
    int c = std::getc(input);
    if (c == EOF) return std::nullopt;
    for (; c != EOF && c != '\n'; c = std::getc(input))
        if (line.size() <= kLongestLine) line += static_cast<char>(c);
    return line;
}

}  // namespace

std::vector<Address> addresses_in(const std::vector<std::string>& words) {
    std::vector<Address> addresses;
    Complaints complaints;
    for (const std::string& word : words) {
        if (const auto address = Address::parse(word))
            addresses.push_back(*address);
        else
            complaints.add(quoted(word) + " is no IPv4 or IPv6 address");
    }
    complaints.end();
    return addresses;
}

std::vector<Address> addresses_from(std::FILE* input) {
    std::vector<Address> addresses;
    Complaints complaints;
    for (std::size_t number = 1; const auto line = next_line(input); ++number) {
        const std::string_view word = trimmed(*line);
        if (line->size() > kLongestLine)
            complaints.add(fmt::format("line {} is longer than {} bytes", number, kLongestLine));
        else if (const auto address = Address::parse(word))
            addresses.push_back(*address);
        else if (!word.empty())
            complaints.add(fmt::format("line {}: {} is no IPv4 or IPv6 address", number, quoted(word)));
    }
    if (std::ferror(input) != 0) throw system_fault("standard input", "read", errno);
    complaints.end();
    return addresses;
}

std::chrono::minutes minutes_in(const std::string& word) {
    const auto number = number_in(word, kMostMinutes);
    if (!number) throw BadInput{fmt::format("{} is no number of minutes from 0 to {}", quoted(word), kMostMinutes)};
    return std::chrono::minutes{*number};
}

std::chrono::sys_seconds ticks_in(const std::string& word) {
    const auto number = number_in(word, kMaxSeconds);
    if (!number) throw BadInput{fmt::format("{} is no timestamp: seconds since 1970-01-01 UTC, 0 to {}", quoted(word), kMaxSeconds)};
    return std::chrono::sys_seconds{std::chrono::seconds{*number}};
}

}  // namespace relay
