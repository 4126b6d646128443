// Tells systemd how far we are (sd_notify(3), the protocol by hand: one datagram).
#pragma once

namespace relay {

/// Sends `state`, as "READY=1", to $NOTIFY_SOCKET; does nothing where there is none.
void notify_service_manager(const char* state);

}  // namespace relay
