// What the daemon says of itself: as JSON for the control socket, and as Prometheus' text for [metrics] listen.
//
// Neither takes a lock of a recipient's way for longer than a copy, and neither holds a name that a peer chose.
#pragma once

#include <string>

#include "milter/callbacks.h"

namespace relay {

/// One JSON object:
///   {"version", "uptime_seconds", "sessions", "in_flight", "log_lines_lost",
///    "queue": {"file", "waiting", "oldest_age_seconds" or null, "lost", "error" or null} or null,
///    "verdicts": {via: {reason: n}},
///    "configuration": {"file", "read_at", "age_seconds", "is_default", "has_changed"},
///    "sources": {name: {"lookups", "p50_seconds", "p99_seconds", "errors", "last_error": {"text", "at",
///                "age_seconds"} or null}}}
/// The queue is that of logins which wait for a server; null where no server has the logins.
/// Times are RFC 3339, UTC. A source is there once it was asked or had an error. has_changed: the file
/// would be taken, and says something else than what is in force.
std::string status_json(const Server& server);

/// The text exposition format 0.0.4. Every metric begins with "milter_relay_"; times are in seconds.
std::string metrics_text(const Server& server);

}  // namespace relay
