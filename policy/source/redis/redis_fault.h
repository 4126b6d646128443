// What stopped a call to a Redis server.
#pragma once

#include <stdexcept>
#include <string>

namespace relay {

/// There is no answer, or none that can be used: "redis://mail-db:6379: no answer within 250 ms". Printable.
class RedisFault : public std::runtime_error {
public:
    enum class Kind {
        unreachable,  ///< No connection, no answer in time, or not asked since it failed a moment ago.
        refused,      ///< The server answered with an error: wrong password, out of memory, read-only, no permission ...
        strange,      ///< An answer that no such command has.
    };
    RedisFault(Kind what, const std::string& text) : std::runtime_error{text}, kind{what} {}
    Kind kind;
};

}  // namespace relay
