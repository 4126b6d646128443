#include "policy/source/queue/queued_logins.h"

#include "policy/source/files/fault.h"

namespace relay {

std::optional<std::string> QueuedLogins::record(const std::vector<LoginEvent>& events) {
    try {
        writer_.record(events);
        return std::nullopt;
    } catch (const Fault& fault) {
        try {
            queue_.put(events);
            return fault.what();
        } catch (const Fault& no_place) {
            throw Fault{fault.trouble, std::string{fault.what()} + "; nor can it wait: " + no_place.what()};
        }
    }
}

LoginQueue::Sent QueuedLogins::send() {
    return queue_.send([this](const std::vector<LoginEvent>& events) { writer_.record(events); });
}

}  // namespace relay
