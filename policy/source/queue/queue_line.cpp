#include "policy/source/queue/queue_line.h"

#include <charconv>

namespace relay {

std::string queue_line(const LoginEvent& event) {
    std::string line = std::to_string(event.at.time_since_epoch().count());
    line.append(" ").append(event.client.text()).append(" ").append(login_word(event.login)).append("\n");
    return line;
}

std::optional<LoginEvent> parse_queue_line(std::string_view line) {
    std::int64_t seconds = -1;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), seconds);
    if (error != std::errc{} || seconds < 0 || seconds > kMaxSeconds) return std::nullopt;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    const std::size_t blank = line.find(' ', 1);
    if (!line.starts_with(' ') || blank == line.npos) return std::nullopt;
    const auto client = Address::parse(line.substr(1, blank - 1));
    const std::string_view word = line.substr(blank + 1);
    if (!client || word.empty() || word.find(' ') != word.npos) return std::nullopt;
    return LoginEvent{*client, std::chrono::sys_seconds{std::chrono::seconds{seconds}},
                      word == login_word({}) ? std::string{} : login_of_word(word)};
}

}  // namespace relay
