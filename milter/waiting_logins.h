// The logins of this host that wait for a server (queue/login_queue.h), for status and metrics.
#pragma once

#include <optional>
#include <string>

#include "policy/settings.h"
#include "policy/source/queue/login_queue.h"

namespace relay {

struct WaitingLogins {
    LoginQueue::State state;
    std::string fault;  ///< Why nothing is known of them; escaped. Empty where all is.
};

/// Nothing where no server has the logins.
std::optional<WaitingLogins> waiting_logins(const Settings& settings);

}  // namespace relay
