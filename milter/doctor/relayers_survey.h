// Every entry of relayers.db, counted in one walk and in constant memory.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "policy/settings.h"

namespace relay::doctor {

/// How many, and the keys of the first few, escaped.
struct Some {
    std::size_t count = 0;
    std::string keys;

    void add(std::string_view key);
};

struct RelayersSurvey {
    std::size_t all = 0;
    std::size_t fresh = 0;
    std::size_t old = 0;
    std::size_t too_early = 0;                       ///< Before 2000, with layout timestamp.
    Some standing;                                   ///< In the future.
    Some never;                                      ///< Not expired, and in a network of [pop] never.
    Some unreadable;                                 ///< The key is no address, or the data no login.
    std::optional<std::chrono::sys_seconds> newest;  ///< Of those that are not in the future.
};

/// What is in a network of [pop] never is in `all` and `never` alone, unless it has expired. Nothing when the file is missing.
/// Throws Fault.
std::optional<RelayersSurvey> survey(const PopSettings& settings, std::chrono::sys_seconds now);

}  // namespace relay::doctor
