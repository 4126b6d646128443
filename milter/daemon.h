// `milter-relay run`: the process that sendmail talks to, in the foreground until a signal ends it.
//
// SIGHUP reads the configuration whole, for connections that begin afterwards, or keeps the old one and logs every
// error. SIGTERM and SIGINT turn new connections away, let open messages end for at most kGrace, and end the process;
// with a socket that was handed over, connections wait in it instead, and sessions that have begun are let end as well.
#pragma once

#include <chrono>
#include <string>

#include "milter/log.h"

namespace relay {

inline constexpr std::chrono::seconds kGrace{5};

struct RunOptions {
    std::string config_file;
    bool missing_is_default = false;
    LogTarget log = LogTarget::syslog;
};

/// Returns a sysexits(3) code when the daemon cannot start. Once it has started it ends the process itself, since
/// libmilter needs 3.5 s to stop and its threads have nothing left to clean up: with 0, or EX_OSERR if libmilter
/// failed.
int run(const RunOptions& options);

}  // namespace relay
