// Login records as bytes, both ways. Whatever is not understood is corrupt: better a 451 than a guess.
#include "policy/login_record.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <iterator>

namespace relay {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

std::optional<sys_seconds> parse_seconds(std::string_view digits) {
    std::uint64_t value = 0;
    const char* end = digits.data() + digits.size();
    const auto [stopped, error] = std::from_chars(digits.data(), end, value);
    if (error != std::errc{} || stopped != end || value > static_cast<std::uint64_t>(kMaxSeconds)) return std::nullopt;
    return sys_seconds{seconds{static_cast<std::int64_t>(value)}};
}

constexpr std::string_view kUnknown = "-";

bool stands_for_itself(char c) { return c > ' ' && c < 0x7f && c != '\\'; }

std::string escaped_byte(char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    return {'\\', 'x', digits[byte >> 4], digits[byte & 0xf]};
}

/// What `digits` say when they are two lower-case hex digits.
std::optional<char> byte_of(std::string_view digits) {
    if (digits.size() != 2 || digits.find_first_not_of("0123456789abcdef") != digits.npos) return std::nullopt;
    unsigned value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    return static_cast<char>(value);
}

/// Nothing where `word` holds a byte that no writer leaves in a word.
std::optional<std::string> decode_name(std::string_view word) {
    const auto ends_a_word = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; };
    if (std::ranges::any_of(word, ends_a_word)) return std::nullopt;
    return word == kUnknown ? std::string{} : login_of_word(word);
}

/// Words parted by blanks or tabs, which makemap(8) keeps as it finds them.
std::vector<std::string_view> words_of(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    std::vector<std::string_view> words;
    for (std::size_t at = text.find_first_not_of(blanks); at < text.size(); at = text.find_first_not_of(blanks, at)) {
        const std::size_t end = std::min(text.find_first_of(blanks, at), text.size());
        words.push_back(text.substr(at, end - at));
        at = end;
    }
    return words;
}

std::optional<LoginRecord> decode_expiry(std::string_view data) {
    const auto end = parse_seconds(data);
    if (!end) return std::nullopt;
    return LoginRecord{Layout::expiry, *end, {}};
}

std::optional<std::vector<Login>> logins_of(const std::vector<std::string_view>& words) {
    if (words.size() % 2 != 0 || words.size() / 2 > kMaxLogins) return std::nullopt;
    std::vector<Login> logins;
    for (std::size_t i = 0; i < words.size(); i += 2) {
        const auto at = parse_seconds(words[i]);
        const auto name = decode_name(words[i + 1]);
        if (!at || !name) return std::nullopt;
        logins.push_back({*at, *name});
    }
    return logins;
}

/// "SECONDS" says as much as "SECONDS -".
void forget_lone_unknown(LoginRecord& record) {
    if (record.logins.size() == 1 && record.logins.front().name.empty()) record.logins.clear();
}

std::optional<LoginRecord> decode_timestamp(std::string_view data) {
    const auto words = words_of(data);
    if (words.empty()) return std::nullopt;
    if (words.size() == 1) {
        const auto at = parse_seconds(words.front());
        if (!at) return std::nullopt;
        return LoginRecord{Layout::timestamp, *at, {}};
    }
    auto logins = logins_of(words);
    if (!logins) return std::nullopt;
    // A clock that was set back, or an admin's editor, can have put them in another order.
    std::stable_sort(logins->begin(), logins->end(), [](const Login& a, const Login& b) { return a.at > b.at; });
    LoginRecord record{Layout::timestamp, logins->front().at, std::move(*logins)};
    forget_lone_unknown(record);
    return record;
}

/// A record that names nobody is the login of somebody unknown.
std::vector<Login> logins_or_unknown(const LoginRecord& record) {
    return record.logins.empty() ? std::vector{Login{record.at, {}}} : record.logins;
}

std::string seconds_text(sys_seconds at) {
    return std::to_string(std::clamp<std::int64_t>(at.time_since_epoch().count(), 0, kMaxSeconds));
}

}  // namespace

std::optional<LoginRecord> decode_login_record(std::string_view data, Layout layout) {
    if (layout != Layout::presence && data.ends_with('\0')) data.remove_suffix(1);
    switch (layout) {
        case Layout::timestamp: return decode_timestamp(data);
        case Layout::expiry: return decode_expiry(data);
        case Layout::presence: return LoginRecord{Layout::presence, {}, {}};
    }
    return std::nullopt;
}

std::string encode_login_record(const LoginRecord& record) {
    const auto& logins = record.logins;
    const bool plain = logins.empty() || logins.front().at != record.at || (logins.size() == 1 && logins.front().name.empty());
    if (plain) return seconds_text(record.at);
    std::string text;
    for (std::size_t i = 0; i < std::min(logins.size(), kMaxLogins); ++i) {
        const std::string next = seconds_text(logins[i].at) + ' ' + login_word(logins[i].name);
        if (text.size() + 1 + next.size() > kMaxRecordBytes) break;
        if (i > 0) text += ' ';
        text += next;
    }
    return text;
}

std::string login_word(std::string_view name) {
    if (name == kUnknown) return escaped_byte(name.front());
    std::string word;
    for (const char c : name) {
        if (word.size() > kMaxNameBytes) break;
        stands_for_itself(c) ? word.push_back(c) : static_cast<void>(word += escaped_byte(c));
    }
    return word.empty() || word.size() > kMaxNameBytes ? std::string{kUnknown} : word;
}

std::string login_of_word(std::string_view word) {
    std::string name;
    for (std::size_t i = 0; i < word.size(); ++i) {
        const auto meant = word.substr(i, 2) == "\\x" ? byte_of(word.substr(i + 2, 2)) : std::nullopt;
        name += meant.value_or(word[i]);
        if (meant) i += 3;
    }
    return name;
}

bool names_login(const LoginRecord& record, std::string_view name) {
    return std::ranges::find(record.logins, name, &Login::name) != record.logins.end();
}

std::optional<LoginRecord> without_login(const LoginRecord& record, std::string_view name) {
    LoginRecord rest = record;
    std::erase_if(rest.logins, [name](const Login& login) { return login.name == name; });
    if (rest.logins.empty()) return std::nullopt;
    rest.at = rest.logins.front().at;
    forget_lone_unknown(rest);
    return rest;
}

LoginRecord merged(const LoginRecord& record, const LoginRecord& other) {
    LoginRecord both{Layout::timestamp, std::max(record.at, other.at), {}};
    std::vector<Login> all = logins_or_unknown(record);
    std::ranges::copy(logins_or_unknown(other), std::back_inserter(all));
    std::ranges::stable_sort(all, std::greater{}, &Login::at);
    for (Login& login : all)
        if (both.logins.size() < kMaxLogins && std::ranges::find(both.logins, login.name, &Login::name) == both.logins.end())
            both.logins.push_back(std::move(login));
    forget_lone_unknown(both);
    return both;
}

Freshness freshness(const LoginRecord& record, sys_seconds now, seconds window) {
    switch (record.layout) {
        case Layout::timestamp:
            if (record.at > now) return Freshness::standing;
            return now - window <= record.at ? Freshness::fresh : Freshness::expired;
        case Layout::expiry: return now < record.at ? Freshness::fresh : Freshness::expired;
        case Layout::presence: return Freshness::fresh;
    }
    return Freshness::expired;
}

}  // namespace relay
