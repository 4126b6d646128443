// `milter-relay wire` and `unwire`: puts FEATURE(`milter_relay') into a sendmail.mc or takes it out, and replaces the
// sendmail.cf by one that was built from it and tried.
//
// Nothing is replaced before all has been built and tried. The .mc is replaced first, then the .cf: sendmail reads the
// .cf alone, so that each state between is one that works, and the next run of the command goes on from it.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "paths.h"

namespace relay {

struct WireOptions {
    std::string mc = MILTER_RELAY_MAIL_DIR "/sendmail.mc";
    std::string cf = MILTER_RELAY_MAIL_DIR "/sendmail.cf";
    std::string cf_directory;           ///< sendmail's cf folder; empty: where the .mc or the system has it.
    std::string sendmail;               ///< The program; empty: where the system has it.
    std::optional<std::string> policy;  ///< The feature's arguments; not given: as they are, or the default.
    std::optional<std::string> socket;
    bool dry_run = false;
    bool force = false;  ///< Also where the present .cf is not what the .mc builds.
};

/// EX_OK: done, or nothing to do. EX_UNAVAILABLE: refused, with the reason; EX_NOPERM, EX_OSERR: could not be done.
/// In each of these cases nothing has changed.
int wire(const WireOptions& options, std::ostream& out, std::ostream& errors);
int unwire(const WireOptions& options, std::ostream& out, std::ostream& errors);

}  // namespace relay
