// The decision table: who may relay. Pure: no clock, no file, no lock; everything is an argument.
//
// decide() walks the rows from the first. Where a row needs a finding that is not there yet it returns the Question
// instead of a verdict, so nothing is looked up that cannot matter and the order of the rows is written once.
// Ask, put the answer into the findings, call again: with every finding there, the answer is a Verdict.
// facts.h is what a row sees; gate.h what rows 3, 5 and 6 have in common; pop_login.h row 6.
#pragma once

#include <chrono>
#include <variant>

#include "policy/envelope.h"
#include "policy/findings.h"
#include "policy/settings.h"
#include "policy/verdict.h"

namespace relay {

using Decision = std::variant<Verdict, Question>;

class Policy {
public:
    explicit Policy(Settings settings) : settings_{std::move(settings)} {}

    [[nodiscard]] const Settings& settings() const { return settings_; }

    /// Thread-safe: reads only. A Verdict for every envelope once all Questions are answered.
    [[nodiscard]] Decision decide(const Envelope& envelope, const Findings& findings,
                                  std::chrono::sys_seconds now) const;

private:
    Settings settings_;
};

}  // namespace relay
