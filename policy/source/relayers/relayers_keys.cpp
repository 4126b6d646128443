#include "policy/source/relayers/relayers_keys.h"

#include <fmt/format.h>

namespace relay {
namespace {

/// What programs that know only IPv6 sockets write for an IPv4 client.
std::vector<std::string> mapped_texts(const Address& client) {
    const auto& bytes = client.bytes();
    const std::string quad = client.text();
    const std::string groups = fmt::format("{:x}:{:x}", bytes[12] << 8 | bytes[13], bytes[14] << 8 | bytes[15]);
    return {"::ffff:" + quad, "0:0:0:0:0:ffff:" + quad, "::ffff:" + groups, "0:0:0:0:0:ffff:" + groups};
}

std::vector<std::string> texts_of(const Address& client) {
    if (client.is_v4()) return mapped_texts(client);
    return {client.text(), client.uncompressed_text()};
}

}  // namespace

std::string relayers_key(const Address& client) {
    return client.text();
}

std::vector<std::string> relayers_keys(const Address& client) {
    std::vector<std::string> keys;
    if (client.is_v4()) keys.push_back(client.text());
    for (const char* prefix : {"", "IPv6:", "ipv6:"})
        for (const std::string& text : texts_of(client)) keys.push_back(prefix + text);
    const std::size_t plain = keys.size();
    for (std::size_t i = 0; i < plain; ++i) keys.push_back(keys[i] + '\0');
    return keys;
}

std::optional<Address> address_of_key(std::string_view key) {
    return Address::parse(without_nul(key));
}

std::string_view without_nul(std::string_view bytes) {
    if (bytes.ends_with('\0')) bytes.remove_suffix(1);
    return bytes;
}

}  // namespace relay
