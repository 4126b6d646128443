// Packets of the milter protocol, version 6, as <libmilter/mfdef.h> names their letters: a 32-bit length in network byte
// order, which counts the letter; the letter; its payload.
#pragma once

#include <arpa/inet.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace relay::bench {

inline constexpr std::size_t kLength = 4;
inline constexpr std::size_t kMostPacket = 1 << 20;

inline void append_number(std::string& to, std::uint32_t value) {
    value = htonl(value);
    to.append(reinterpret_cast<const char*>(&value), sizeof value);
}

inline std::uint32_t number_at(std::string_view bytes, std::size_t offset) {
    std::uint32_t value = 0;
    if (bytes.size() < offset + sizeof value) return 0;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return ntohl(value);
}

inline void append_packet(std::string& to, char letter, std::string_view payload) {
    append_number(to, static_cast<std::uint32_t>(payload.size() + 1));
    to.push_back(letter);
    to.append(payload);
}

/// A text of the protocol ends with a NUL.
inline void append_text(std::string& to, std::string_view text) {
    to.append(text);
    to.push_back('\0');
}

/// The first whole packet of `bytes` without its length, or nothing; `bytes` begins behind it then.
inline std::string_view take_packet(std::string_view& bytes) {
    if (bytes.size() < kLength) return {};
    const std::size_t size = number_at(bytes, 0);
    if (bytes.size() < kLength + size) return {};
    const auto packet = bytes.substr(kLength, size);
    bytes.remove_prefix(kLength + size);
    return packet;
}

}  // namespace relay::bench
