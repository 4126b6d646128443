// Records logins on a server, or has them wait in the queue where it does not take them. One owner.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "policy/source/logins/login_writer.h"
#include "policy/source/queue/login_queue.h"

namespace relay {

class QueuedLogins {
public:
    /// Both outlive this.
    QueuedLogins(LoginWriter& writer, const LoginQueue& queue) : writer_{writer}, queue_{queue} {}

    /// They are recorded, or in the queue, when it returns: then it says why. Throws Fault when they are neither.
    std::optional<std::string> record(const std::vector<LoginEvent>& events);
    /// Sends what waits. Throws Fault.
    LoginQueue::Sent send();

private:
    LoginWriter& writer_;
    const LoginQueue& queue_;
};

}  // namespace relay
