// Login records as bytes, both ways. Whatever is not understood is corrupt: better a 451 than a guess.
#include "policy/login_record.h"

#include <algorithm>
#include <charconv>

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

bool may_be_in_a_name(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > ' ' && byte != 0x7f;
}

bool can_be_written(const Login& login) {
    return !login.name.empty() && std::all_of(login.name.begin(), login.name.end(), may_be_in_a_name);
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
        if (!at) return std::nullopt;
        logins.push_back({*at, std::string{words[i + 1]}});
        if (!can_be_written(logins.back())) return std::nullopt;
    }
    return logins;
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
    return LoginRecord{Layout::timestamp, logins->front().at, std::move(*logins)};
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
    std::string text;
    for (std::size_t i = 0; i < std::min(record.logins.size(), kMaxLogins); ++i) {
        const Login& login = record.logins[i];
        if (!can_be_written(login) || (i == 0 && login.at != record.at)) break;
        if (i > 0) text += ' ';
        text += seconds_text(login.at) + ' ' + login.name;
    }
    return text.empty() ? seconds_text(record.at) : text;
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
