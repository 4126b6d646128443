#include "milter/in_flight.h"

#include <thread>

namespace relay {

void InFlight::end_one() {
    last_end_ = Clock::now().time_since_epoch().count();
    --count_;
}

bool InFlight::wait_until_quiet(std::chrono::milliseconds most) const {
    const auto deadline = Clock::now() + most;
    const auto is_quiet = [this] {
        return count_ == 0 && Clock::now() - Clock::time_point{Clock::duration{last_end_}} >= kSending;
    };
    while (!is_quiet()) {
        if (Clock::now() >= deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
    return true;
}

}  // namespace relay
