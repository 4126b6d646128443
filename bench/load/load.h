// Many connections at once, on one thread: each begins a new session as soon as its last is over.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include "bench/load/connection.h"

namespace relay::bench {

struct LoadOptions {
    std::string socket;             ///< Path of the milter's UNIX socket.
    std::optional<pid_t> process;   ///< The milter's, to be measured.
    Session session;
    std::size_t connections = 1;
    std::size_t idle = 0;           ///< Connections that are held beside them and say nothing.
    std::uint32_t clients = 0;      ///< How many different ones come, those of client_address.h; 0: one that is none of them.
    std::chrono::milliseconds think{0};
    std::chrono::milliseconds warm_up{300};
    std::chrono::milliseconds duration{2000};   ///< Longer where no recipient was answered in it, or no session ended.
    std::optional<std::uint64_t> sessions;  ///< End after so many; the warm-up counts with them, and duration only bounds it.
};

struct LoadResult {
    Tally tally;                          ///< Without the warm-up.
    double seconds = 0;
    std::chrono::nanoseconds cpu{};       ///< Of the milter.
    std::size_t resident_before = 0;      ///< ... in bytes, before the first connection,
    std::size_t resident_with_idle = 0;   ///< with those that are held,
    std::size_t resident = 0;             ///< and at the end.
};

/// Throws std::runtime_error where the milter cannot be measured at all.
LoadResult run_load(const LoadOptions& options);

}  // namespace relay::bench
