// A login as a line of the queue, and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/login_record.h"

namespace relay {

/// With its line feed.
std::string queue_line(const LoginEvent& event);
/// `line` is without its line feed. Nothing where it is no login.
std::optional<LoginEvent> parse_queue_line(std::string_view line);

}  // namespace relay
