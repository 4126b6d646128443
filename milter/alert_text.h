// The alerts that a judgement gives rise to: a login on the brake, a limit that is reached.
#pragma once

#include <vector>

#include "milter/alerts.h"
#include "milter/session.h"

namespace relay {

/// Most often none. The JSON object's keys are a contract (milter-relay.toml(5)): kind, action, mode, login, client,
/// limit, wait_seconds, why, queue_id, from, to, time, host. Bytes of a peer are escaped as in the log, and cut.
std::vector<Alert> alerts_of(const Judged& judged, std::chrono::sys_seconds now);

}  // namespace relay
