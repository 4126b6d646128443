// What a check found: how bad it is, what was seen, why it matters and what to type.
#pragma once

#include <string>
#include <vector>

namespace relay::doctor {

enum class Level { ok, warning, error };

struct Finding {
    Level level = Level::ok;
    std::string seen;  ///< One line; bytes of files and peers are escaped.
    std::string why;   ///< Empty for ok, as the next.
    std::string type;  ///< A command, or the line to write and where.
    bool operator==(const Finding&) const = default;
};

using Findings = std::vector<Finding>;

inline Finding ok(std::string seen) { return {Level::ok, std::move(seen), {}, {}}; }
inline Finding warning(std::string seen, std::string why, std::string type) {
    return {Level::warning, std::move(seen), std::move(why), std::move(type)};
}
inline Finding error(std::string seen, std::string why, std::string type) {
    return {Level::error, std::move(seen), std::move(why), std::move(type)};
}
/// What this user may not see is no fault of the machine.
inline Finding not_seen(std::string seen) {
    return warning(std::move(seen), "this user may not look at it", "sudo milter-relay doctor");
}

}  // namespace relay::doctor
