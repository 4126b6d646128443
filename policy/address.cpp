// The parser and the two spellings of an address. No system call, so that no resolver's liberties come in.
#include "policy/address.h"

#include <algorithm>
#include <charconv>

#include "policy/ascii.h"

namespace relay {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

using V4Bytes = std::array<std::uint8_t, 4>;
using V6Bytes = std::array<std::uint8_t, 16>;

/// Some of an IPv6 address's groups of 16 bits, in order.
struct Groups {
    std::array<std::uint16_t, 8> value{};
    std::size_t count = 0;

    bool add(unsigned group) {
        if (count == value.size()) return false;
        value[count++] = static_cast<std::uint16_t>(group);
        return true;
    }
};

/// The whole of `digits` as a number; std::from_chars takes neither sign, blank nor "0x" for an unsigned.
std::optional<unsigned> number(std::string_view digits, int base, std::size_t most_digits) {
    unsigned value = 0;
    const char* end = digits.data() + digits.size();
    if (digits.empty() || digits.size() > most_digits) return std::nullopt;
    const auto [stopped, error] = std::from_chars(digits.data(), end, value, base);
    if (error != std::errc{} || stopped != end) return std::nullopt;
    return value;
}

/// What stands before the next `separator`, which is taken off `text` with it; all of `text` where there is none.
std::string_view take_until(std::string_view& text, char separator) {
    const std::size_t at = std::min(text.find(separator), text.size());
    const std::string_view taken = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return taken;
}

std::optional<V4Bytes> parse_quad(std::string_view text) {
    V4Bytes bytes;
    std::size_t at = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i > 0 && (at == text.size() || text[at++] != '.')) return std::nullopt;
        const std::size_t begin = at;
        unsigned value = 0;
        for (; at < text.size() && is_digit(text[at]) && at - begin < 3; ++at)
            value = value * 10 + static_cast<unsigned>(text[at] - '0');
        const bool leading_zero = at - begin > 1 && text[begin] == '0';
        if (at == begin || value > 255 || leading_zero) return std::nullopt;
        bytes[i] = static_cast<std::uint8_t>(value);
    }
    if (at != text.size()) return std::nullopt;
    return bytes;
}

bool add_quad(Groups& groups, std::string_view text) {
    const auto quad = parse_quad(text);
    if (!quad) return false;
    const V4Bytes& b = *quad;
    return groups.add(b[0] * 256U + b[1]) && groups.add(b[2] * 256U + b[3]);
}

/// "1:22:333", or nothing at all; with `quad_at_end` the last may be an IPv4 address (RFC 4291 2.2, form 3).
std::optional<Groups> parse_groups(std::string_view text, bool quad_at_end) {
    Groups groups;
    if (text.empty()) return groups;
    if (text.back() == ':') return std::nullopt;
    while (!text.empty()) {
        const std::string_view word = take_until(text, ':');
        const auto value = number(word, 16, 4);
        const bool taken = value ? groups.add(*value) : quad_at_end && text.empty() && add_quad(groups, word);
        if (!taken) return std::nullopt;
    }
    return groups;
}

V6Bytes join(const Groups& head, const Groups& tail) {
    V6Bytes bytes{};
    const auto put = [&bytes](std::size_t at, std::uint16_t group) {
        bytes[2 * at] = static_cast<std::uint8_t>(group >> 8);
        bytes[2 * at + 1] = static_cast<std::uint8_t>(group & 0xff);
    };
    for (std::size_t i = 0; i < head.count; ++i) put(i, head.value[i]);
    for (std::size_t i = 0; i < tail.count; ++i) put(8 - tail.count + i, tail.value[i]);
    return bytes;
}

std::optional<V6Bytes> parse_v6(std::string_view text) {
    const std::size_t gap = text.find("::");
    if (gap == std::string_view::npos) {
        const auto all = parse_groups(text, true);
        if (!all || all->count != 8) return std::nullopt;
        return join(*all, {});
    }
    const auto head = parse_groups(text.substr(0, gap), false);
    const auto tail = parse_groups(text.substr(gap + 2), true);
    if (!head || !tail || head->count + tail->count > 7) return std::nullopt;
    return join(*head, *tail);
}

bool take_ipv6_prefix(std::string_view& text) {
    constexpr std::string_view prefix = "IPv6:";
    if (!same_without_case(text.substr(0, prefix.size()), prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

std::string hex(unsigned group) {
    char digits[4];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, group, 16);
    return {digits, end};
}

unsigned group_at(const V6Bytes& bytes, std::size_t i) {
    return bytes[2 * i] * 256U + bytes[2 * i + 1];
}

/// Groups `from` up to, not including, `to`, parted by colons.
std::string groups_text(const V6Bytes& bytes, std::size_t from, std::size_t to) {
    std::string text;
    for (std::size_t i = from; i < to; ++i) {
        if (i > from) text += ':';
        text += hex(group_at(bytes, i));
    }
    return text;
}

/// The longest run of zero groups, the first of equals (RFC 5952 4.2.3).
struct Run {
    std::size_t from = 0;
    std::size_t length = 0;
};

Run longest_zeros(const V6Bytes& bytes) {
    Run best;
    Run run;
    for (std::size_t i = 0; i < 8; ++i) {
        if (group_at(bytes, i) != 0) run = {i + 1, 0};
        else if (++run.length > best.length) best = run;
    }
    return best;
}

std::string quad_text(const V6Bytes& bytes) {
    std::array<char, 15> text;
    char* end = text.data();
    for (std::size_t i = 12; i < 16; ++i) {
        if (i > 12) *end++ = '.';
        end = std::to_chars(end, text.data() + text.size(), bytes[i]).ptr;
    }
    return {text.data(), end};
}

}  // namespace

Address Address::v4(std::array<std::uint8_t, 4> bytes) {
    Address address;
    std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes_.begin());
    std::copy(bytes.begin(), bytes.end(), address.bytes_.begin() + kMappedPrefix.size());
    address.v4_ = true;
    return address;
}

Address Address::v6(std::array<std::uint8_t, 16> bytes) {
    Address address;
    address.bytes_ = bytes;
    address.v4_ = std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin());
    return address;
}

std::optional<Address> Address::parse(std::string_view text) {
    const bool must_be_v6 = take_ipv6_prefix(text);
    if (const auto bytes = must_be_v6 ? std::nullopt : parse_quad(text)) return v4(*bytes);
    if (const auto bytes = parse_v6(text)) return v6(*bytes);
    return std::nullopt;
}

std::string Address::text() const {
    if (v4_) return quad_text(bytes_);
    const Run gap = longest_zeros(bytes_);
    if (gap.length < 2) return groups_text(bytes_, 0, 8);  // One group alone is not shortened (RFC 5952 4.2.2).
    return groups_text(bytes_, 0, gap.from) + "::" + groups_text(bytes_, gap.from + gap.length, 8);
}

std::string Address::uncompressed_text() const {
    return v4_ ? quad_text(bytes_) : groups_text(bytes_, 0, 8);
}

}  // namespace relay
