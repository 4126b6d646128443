// Speaks the beginning of the milter protocol to our own socket, as sendmail does, and leaves.
//
// Version 6 (libmilter/mfdef.h): a packet is a 32-bit length in network byte order, a letter, and what the length says
// is left. 'O' offers version, actions and steps, three 32-bit numbers; the filter answers with those that it wants.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

#include "milter/socket.h"

namespace relay::doctor {

struct MilterAnswer {
    std::uint32_t version = 0;
    pid_t listener = 0;  ///< Who listens on a local socket; 0 where that is not known.
};

struct ProbeFault {
    int error = 0;     ///< errno of connect(2), or 0.
    std::string text;  ///< What was wrong.
};

/// Waits for each step at most so long.
std::variant<MilterAnswer, ProbeFault> probe_milter(const SocketAddress& address, std::chrono::milliseconds patience);

}  // namespace relay::doctor
