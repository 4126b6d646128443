// Where a Redis or Valkey server is, as an admin writes it:
//
//   redis://HOST[:6379][/DATABASE]                  TCP
//   rediss://HOST[:6379][/DATABASE]                 TLS
//   unix:PATH[?db=DATABASE]                         a socket of this host
//   redis+sentinel://HOST[:26379][,HOST...]/NAME[/DATABASE]
//                                                   the master that these Sentinels name; rediss+sentinel:// by TLS
//
// A HOST is a name, an IPv4 address or an IPv6 address in brackets. No user and no password: they would stand in process
// lists and logs ([redis] names files for them).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace relay {

struct RedisUrl {
    struct Host {
        std::string name;  ///< Without brackets.
        std::uint16_t port = 0;
        bool operator==(const Host&) const = default;
    };

    bool tls = false;
    std::vector<Host> hosts{};  ///< One server, or the Sentinels; none for a socket of this host.
    std::string path{};         ///< Of the socket.
    std::string master{};       ///< The name that the Sentinels know it by; empty without Sentinels.
    unsigned database = 0;      ///< 0 to 65535.

    bool operator==(const RedisUrl&) const = default;
};

/// Does the admin mean a server, and not a file? Says nothing of the rest.
bool is_redis_url(std::string_view text);
/// The place, or what is wrong with the text, in words.
std::variant<RedisUrl, std::string> parse_redis_url(std::string_view text);

}  // namespace relay
