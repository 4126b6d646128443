// The forms of a milter socket's name (libmilter's smfi_setconn), as far as this milter listens on them.
#pragma once

#include <string>
#include <string_view>

namespace relay {

/// What is wrong with "local:/PATH", "unix:/PATH", "inet:PORT@HOST", "inet6:PORT@HOST" or "fd:N"; empty when it is
/// well. HOST is an address of the family (an IPv6 one with or without brackets) or a host name; it is not resolved.
std::string socket_problem(std::string_view socket);

}  // namespace relay
