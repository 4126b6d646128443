// Paths taken apart in one pass over the bytes. In doubt a path routes onward: that can only cost a permission.
#include "policy/mailbox.h"

#include <algorithm>

#include "policy/ascii.h"

namespace relay {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kRouting = "%!@:";
constexpr std::string_view kDoubtful = "<>(),;";  // Comments, groups and angles: sendmail cuts these away or splits there.

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool is_control_or_blank(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= ' ' || byte == 0x7f;
}

bool has_any(std::string_view text, std::string_view bytes) {
    return text.find_first_of(bytes) != std::string_view::npos;
}

/// A path without its angle brackets, cut in two at the last @ that stands outside quotes.
struct Halves {
    std::string local_part;   // Unquoted.
    std::string_view domain;  // As sent.
    bool doubtful = false;    // A doubtful byte stands outside quotes.
};

Halves cut(std::string_view text) {
    Halves halves;
    std::string local;  // All unquoted bytes so far; the last @ says how many of them are the local part.
    std::size_t local_size = std::string::npos;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '"') {
            quoted = !quoted;
            continue;
        }
        if (c == '\\' && i + 1 < text.size()) {
            c = text[++i];
        } else if (!quoted && c == '@') {
            local_size = local.size();
            halves.domain = text.substr(i + 1);
        } else if (!quoted) {
            halves.doubtful |= is_control_or_blank(c) || kDoubtful.find(c) != std::string_view::npos;
        }
        local += c;
    }
    halves.doubtful |= quoted;
    local.resize(std::min(local.size(), local_size));
    halves.local_part = std::move(local);
    return halves;
}

bool is_host_byte(char c) {
    const auto byte = static_cast<unsigned char>(c);
    const char l = lower(c);
    return byte > 0x7f || (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

/// A host name, or an address literal (RFC 5321 4.1.3).
bool is_plain_domain(std::string_view domain) {
    const bool literal = domain.size() > 1 && domain.front() == '[' && domain.back() == ']';
    if (literal) domain = domain.substr(1, domain.size() - 2);
    return std::all_of(domain.begin(), domain.end(), [literal](char c) { return is_host_byte(c) || (literal && c == ':'); });
}

/// RFC 5321 4.1.2 A-d-l: "@x,@y:" before the mailbox. True when there was one.
bool take_source_route(std::string_view& text) {
    if (!text.starts_with('@')) return false;
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos) text.remove_prefix(colon + 1);
    return true;
}

std::string normal_domain(std::string_view domain) {
    if (domain.ends_with('.')) domain.remove_suffix(1);
    std::string text{domain};
    std::transform(text.begin(), text.end(), text.begin(), lower);
    return text;
}

}  // namespace

Path parse_path(std::string_view text) {
    Path path;
    text = trimmed(text);
    if (text.size() > 1 && text.front() == '<' && text.back() == '>') {
        text = trimmed(text.substr(1, text.size() - 2));
        path.null = text.empty();
    }
    path.routes_onward = take_source_route(text);
    Halves halves = cut(text);
    path.routes_onward |= halves.doubtful || !is_plain_domain(halves.domain) || has_any(halves.local_part, kRouting);
    path.domain = normal_domain(halves.domain);
    path.local_part = std::move(halves.local_part);
    return path;
}

}  // namespace relay
