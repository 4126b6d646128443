#include "policy/source/shared/shared_keys.h"

#include <charconv>

#include "policy/login_record.h"

namespace relay {
namespace {

constexpr unsigned kIndexBits = 32;

using Bytes = std::array<std::uint8_t, 16>;

std::string hex_of(const Bytes& bytes) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : bytes) text.append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    return text;
}

/// The last address of a network.
Bytes last_of(const Network& network) {
    Bytes bytes = network.base().bytes();
    for (std::size_t bit = network.bits(); bit < 8 * bytes.size(); ++bit)
        bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] | 0x80U >> bit % 8);
    return bytes;
}

}  // namespace

std::string entry_key(const Address& client) {
    return std::string{kLoginPrefix}.append(client.text());
}

std::optional<Address> client_of(std::string_view text) {
    const auto client = Address::parse(text);
    return client && client->text() == text ? client : std::nullopt;
}

std::optional<std::string> index_key(const Address& client) {
    if (client.is_v4()) return std::nullopt;
    return std::string{kIndexPrefix}.append(Network::around(client, kIndexBits).text());
}

std::string index_member(const Address& client) {
    return hex_of(client.bytes()).append(1, ' ').append(client.text());
}

MemberRange index_range(const Network& network) {
    return {"[" + hex_of(network.base().bytes()), "(" + hex_of(last_of(network)).append(1, '!')};  // The next after a blank.
}

std::optional<std::chrono::sys_seconds> since_of(std::string_view text) {
    std::int64_t seconds = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, seconds);
    if (error != std::errc{} || stopped != end || seconds < 0 || seconds > kMaxSeconds) return std::nullopt;
    return std::chrono::sys_seconds{std::chrono::seconds{seconds}};
}

}  // namespace relay
