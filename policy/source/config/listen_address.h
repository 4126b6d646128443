// An address and a port to listen on, as [metrics] listen has them: "127.0.0.1:9815", "[::1]:9815".
#pragma once

#include <string>
#include <string_view>
#include <variant>

namespace relay {

struct ListenAddress {
    std::string host;  ///< An IPv4 or IPv6 address, without brackets.
    std::string port;  ///< 1 to 65535, decimal.
    bool operator==(const ListenAddress&) const = default;
};

/// What is wrong, to follow the quoted text: "has to be ...". Names are not taken: nothing is resolved at a start.
struct NoListenAddress {
    std::string problem;
};

std::variant<ListenAddress, NoListenAddress> parse_listen_address(std::string_view text);

}  // namespace relay
