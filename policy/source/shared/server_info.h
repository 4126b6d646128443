// What a server says of itself (INFO).
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace relay {

/// The value of a line of INFO; empty where there is none.
inline std::string_view info_value(std::string_view key, std::string_view info) {
    const std::size_t at = info.find(std::string{"\n"}.append(key).append(1, ':'));
    if (at == info.npos) return {};
    info.remove_prefix(at + key.size() + 2);
    return info.substr(0, info.find('\r'));
}

inline std::uint64_t info_number(std::string_view key, std::string_view info) {
    const std::string_view digits = info_value(key, info);
    std::uint64_t number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

/// By its INFO replication and memory: it is a replica, or its memory is full.
inline bool takes_no_changes(std::string_view replication, std::string_view memory) {
    const std::uint64_t most = info_number("maxmemory", memory);
    return info_value("role", replication) == "slave" || (most != 0 && info_number("used_memory", memory) > most);
}

}  // namespace relay
