// A judgement with all that led to it, and how it is printed: for a person, or as JSON for a program. Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "milter/session.h"
#include "policy/settings.h"

namespace relay {

struct Explanation {
    Judged judged;
    Settings settings;
    std::chrono::sys_seconds now;
    std::vector<std::string> notes;  ///< What was assumed, printable.
};

std::string as_text(const Explanation& explanation);
/// One object: action, via, reason, row, row_text, reply, user, age, policy, mode, why, facts, findings, notes.
std::string as_json(const Explanation& explanation);

/// What row 1-10 of the decision table says.
std::string_view row_text(int row);
/// "2026-01-31T12:00:00Z"
std::string utc_text(std::chrono::sys_seconds time);
/// fresh, standing or expired, as the decision saw it.
std::string_view freshness_text(const LoginRecord& record, const Explanation& explanation);

}  // namespace relay
