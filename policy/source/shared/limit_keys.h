// The names under which limits and guard stand on a server. They are a contract between all hosts that share them:
//
//   milter-relay:limit:NAME:KEY   the moment at which KEY owes the limit nothing any more, microseconds since 1970
//   milter-relay:guard:LOGIN      what the guard knows of a login (limit_scripts.cpp)
//   milter-relay:braked           the braked logins, by when their brake ends
//
// In NAME ":" is "%3A" and "%" is "%25". KEY and LOGIN are any bytes, at most kLongest of them and the sum of the rest.
#pragma once

#include <string>
#include <string_view>

namespace relay::limit_keys {

inline constexpr std::size_t kLongest = 128;

/// The key itself where it is short enough; a longer one cut, with "#" and 16 hex digits, so that two stay two.
std::string bounded(std::string_view key);

/// What the names of all limits begin with.
std::string_view limits();
/// "milter-relay:limit:NAME:"; a bounded key follows.
std::string of_limit(std::string_view name);
/// Of a bounded key.
std::string of_guard(std::string_view login);
std::string braked();

}  // namespace relay::limit_keys
