#include "vsmtprelay/feed/format_drift.h"

#include <fmt/format.h>

#include "policy/source/files/escaped.h"

namespace relay {
namespace {

constexpr std::chrono::hours kHour{1};
constexpr std::size_t kShown = 300;

}  // namespace

void FormatDrift::login(const std::string& server) {
    Server& found = servers_[server];
    found.this_hour = 0;
    found.told = false;
}

void FormatDrift::unknown(const std::string& server, std::string_view message, std::chrono::sys_seconds now) {
    Server& found = servers_[server];
    ++found.unknown;
    if (found.this_hour++ > 0) return;
    found.begin = now;
    found.first = message.substr(0, kShown);
}

void FormatDrift::tick(std::chrono::sys_seconds now) {
    for (auto& [name, server] : servers_) {
        if (now < server.begin) server.begin = now;  // the clock was set back
        if (server.this_hour == 0 || now - server.begin < kHour) continue;
        if (!server.told)
            log_(fmt::format("{}: no login for an hour, and {} lines that its format does not know; the first: {}",
                             escaped(name), server.this_hour, escaped(server.first)));
        server.told = true;
        server.this_hour = 0;
    }
}

std::size_t FormatDrift::unknown_lines(const std::string& server) const {
    const auto found = servers_.find(server);
    return found == servers_.end() ? 0 : found->second.unknown;
}

}  // namespace relay
