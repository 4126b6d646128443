#include "policy/source/logins/clock_watch.h"

#include <algorithm>
#include <string>

namespace relay {

using std::chrono::seconds;

ClockWatch::Moment ClockWatch::now() {
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    const auto even = std::chrono::steady_clock::now().time_since_epoch();
    return {std::chrono::floor<seconds>(wall), std::chrono::floor<seconds>(even)};
}

Lookup<LoginRecord> ClockWatch::doubt(Lookup<LoginRecord> answer, seconds window, Moment now) {
    const seconds by = ahead(now);
    if (by == seconds{0} || !answer.found()) return answer;
    const auto is_old = [&](seconds wall) {
        return freshness(answer.value(), std::chrono::sys_seconds{wall}, window) == Freshness::expired;
    };
    if (!is_old(now.wall) || is_old(now.wall - by)) return answer;
    return Failed{"the clock was set forward by " + std::to_string(by.count()) + " s, so that a login looks old"};
}

seconds ClockWatch::ahead(Moment now) {
    const seconds offset = now.wall - now.even;
    if (!stepped_ && std::chrono::abs(offset - offset_.load()) < kSound) return seconds{0};
    const std::scoped_lock lock{mutex_};
    if (std::chrono::abs(offset - offset_.load()) >= kSound) {
        if (earlier_.size() == kMost) earlier_.erase(earlier_.begin());
        earlier_.push_back({offset_, now.even});
        offset_ = offset;
    }
    std::erase_if(earlier_, [&](const Earlier& each) { return now.even - each.until > kDoubt; });
    stepped_ = !earlier_.empty();
    seconds most{0};
    for (const Earlier& each : earlier_) most = std::max(most, offset - each.offset);
    return most < kSound ? seconds{0} : most;
}

}  // namespace relay
