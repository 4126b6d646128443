// What the control socket answers. The paths, parameters and keys are a contract with milter/control_client.h, which is
// of the same version; nobody else's programs are meant to use them yet.
//
//   GET  /limits?key=&most=   {"limits": [{limit, key, used, burst, wait_seconds, per, count, max, within_seconds,
//                             action, mode}], "brakes": [{login, why, left_seconds or null}], "forgotten"}
//   GET  /judge?login=&client=&message_counted=   for explain, and charges nothing: {"limits": [{limit, action,
//                             wait_seconds, recipients, mode}], "brake": {action, left_seconds, why} or null}; where
//                             nobody knows, {"failed": why} in its place
//   POST /limits/reset  key   {"reset": how many limits knew the key}
//   POST /release  login      {"released": was it braked}
//   GET  /status              as milter/server_status.h says
//   POST /reload              {"errors": [text]}
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "milter/callbacks.h"
#include "milter/control_server.h"

namespace relay {

/// `reload` reads the configuration and says what was wrong with it; nothing: it is in force.
std::vector<ControlServer::Route> control_routes(Server& server, std::function<std::vector<std::string>()> reload);

}  // namespace relay
