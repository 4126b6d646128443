// What came of a case, against what was expected.
#pragma once

#include <set>

#include "policy/offence.h"
#include "policy/reply.h"
#include "tests/decisions/situation.h"

namespace decisions {

struct Outcome {
    relay::Verdict verdict;
    std::vector<relay::Question> asked;  ///< In order; only the answers to these were told.
    std::optional<relay::GuardCause> offence;  ///< What [guard] counts against the login.

    /// All of it, in the words of "=>".
    [[nodiscard]] std::string text() const;
};

Outcome judge(const Situation& situation);

/// Reports every clause of "=>" that is unknown, missing or not what came.
void compare(const Case& stated, const Outcome& outcome, Report& report);

/// What the cases judged so far have reached.
struct Coverage {
    std::set<int> base_rows;  ///< Rows that a "given" reached, and so have neighbours.
    std::set<relay::Reason> reasons;

    void add(const Case& stated, const Outcome& outcome);
    /// Rows and reasons of the table that no case reached, or that were not to be reached yet; empty when complete.
    [[nodiscard]] std::vector<std::string> gaps() const;
};

/// Reads, judges and compares every case of a file.
void run_file(std::istream& file, Report& report, Coverage& coverage);

}  // namespace decisions
