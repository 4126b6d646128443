// `milter-relay status`: what the running daemon says of itself, once or again and again.
#pragma once

#include <chrono>
#include <iosfwd>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "milter/control_client.h"

namespace relay {

/// EX_UNAVAILABLE when no daemon answers, as all commands of control_client.h.
int show_status(const ControlOptions& options, std::ostream& out, std::ostream& errors);

/// Every `interval` anew, until a signal ends it or `out` takes no more. `redraw`: each in the place of the one before, on a
/// terminal; else one after another. A daemon that is there at first and then is not is waited for.
int watch_status(const ControlOptions& options, std::chrono::milliseconds interval, bool redraw, std::ostream& out,
                 std::ostream& errors);

/// For people, at most 80 columns but for names of files and errors; with `before`, what is new since then.
/// Throws nlohmann::json::exception for what no daemon of this version says.
std::string status_text(const nlohmann::json& status, const nlohmann::json* before = nullptr);

}  // namespace relay
