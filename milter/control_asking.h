// What the commands that ask the running daemon have in common.
#pragma once

#include <sysexits.h>

#include <ostream>

#include "milter/commands.h"
#include "milter/control_request.h"
#include "policy/source/files/escaped.h"

namespace relay {

/// ask_daemon() of the daemon that goes by this configuration. Throws NoAnswer for one that is wrong, too.
nlohmann::json asked(const ConfigChoice& config, const char* path, const httplib::Params& parameters, bool changes);

/// Runs `command`; what goes wrong is told.
template <class Command>
int told(std::ostream& errors, Command command) {
    try {
        return command();
    } catch (const NoAnswer& no) {
        errors << "milter-relay: " << no.text << '\n';
        return no.exit_code;
    } catch (const nlohmann::json::exception& fault) {
        errors << "milter-relay: the daemon's answer is not understood: " << escaped(fault.what())
               << "; is it of another version? systemctl restart milter-relay\n";
        return EX_PROTOCOL;
    }
}

}  // namespace relay
