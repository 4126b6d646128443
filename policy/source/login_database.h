// Where logins are kept, and what reads and writes them there: the one place that tells a file from a server.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "policy/settings.h"
#include "policy/source/logins/login_reader.h"
#include "policy/source/logins/login_walk.h"
#include "policy/source/logins/login_writer.h"

namespace relay {

struct LoginDatabase {
    std::string name;  ///< A file.
};

/// For [pop].
std::unique_ptr<LoginReader> open_login_reader(const PopSettings& settings);
/// `wait`: at most, for another process that holds the lock.
std::unique_ptr<LoginWriter> open_login_writer(const LoginDatabase& database, std::chrono::milliseconds wait);
/// Null when there is no database. Throws Fault.
std::unique_ptr<LoginWalk> open_login_walk(const LoginDatabase& database, std::chrono::milliseconds wait);

}  // namespace relay
