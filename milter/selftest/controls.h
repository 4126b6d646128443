// The other half of the proof: who may relay still can.
#pragma once

#include <string>
#include <vector>

#include "milter/selftest/sendmail_and_we.h"

namespace relay::selftest {

struct ControlNames {
    MacroValues stranger;
    std::string own_recipient;
    std::string other_recipient;
    std::string login;
};

/// Own domain, SMTP AUTH, POP before SMTP, a trusted client, and the milter away: passed, failed, or skipped with the
/// reason. The POP login is recorded in a database of its own in a temporary directory. Throws Fault.
std::vector<Row> run_controls(SendmailAndWe& both, const Service& service, RuleTester& tester,
                              const ControlNames& names, std::chrono::sys_seconds now);

}  // namespace relay::selftest
