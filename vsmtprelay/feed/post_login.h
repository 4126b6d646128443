// A login that Dovecot's script-login hands on: recorded before the user's session goes on, and never in its way.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "policy/login_record.h"

namespace relay {

/// What script-login(8) put into the environment: IP, LOCAL_IP, USER.
struct PostLogin {
    std::string client;
    std::string local;
    std::string user;
};

PostLogin post_login_environment();

/// Throws std::invalid_argument where there is no address.
LoginEvent login_event(const PostLogin& login, std::chrono::sys_seconds now);

/// Runs `record` in a process of its own, so that nothing in it can end this one, and waits for it at most `patience`.
/// Returns what went wrong, empty when it was recorded.
std::string record_aside(const std::function<void()>& record, std::chrono::milliseconds patience);

/// Becomes the next program. Returns the system's word for the error when that cannot be.
std::string run_next(const std::vector<std::string>& words);

}  // namespace relay
