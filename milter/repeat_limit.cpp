#include "milter/repeat_limit.h"

#include <utility>

#include "milter/log.h"

namespace relay {

const std::string& RepeatLimit::key_for(const std::string& text, Time now) {
    static const std::string kCommon;
    if (seen_.contains(text)) return text;
    if (seen_.size() >= kMostTexts)
        std::erase_if(seen_, [&](const auto& entry) { return now - entry.second.logged >= kInterval; });
    return seen_.size() < kMostTexts ? text : kCommon;
}

std::optional<std::string> RepeatLimit::pass(const std::string& text, Time now) {
    const std::scoped_lock lock{mutex_};
    const auto [entry, is_new] = seen_.try_emplace(key_for(text, now), Seen{now});
    if (is_new) return text;
    auto& seen = entry->second;
    if (now - seen.logged < kInterval) {
        ++seen.held_back;
        return {};
    }
    const auto held_back = std::exchange(seen.held_back, 0U);
    seen.logged = now;
    return held_back == 0 ? text : text + " (" + std::to_string(held_back) + " more since the last such line)";
}

void log_error(RepeatLimit& limit, const std::string& text) {
    if (const auto line = limit.pass(text, std::chrono::steady_clock::now())) log_line(Severity::error, *line);
}

}  // namespace relay
