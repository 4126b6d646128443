// Tries a sendmail.cf before it is used: does sendmail take it, are our rules called, do they say the right thing?
#pragma once

#include <string>
#include <vector>

namespace relay {

/// What a trial showed, one line each, for the administrator.
using TrialNotes = std::vector<std::string>;

/// The text `cf` as `sendmail -bt` sees it, wired or not. `known_complaints`: what sendmail said of the present file
/// already. Throws McRefusal for the first thing that is not as it must be, and Fault when it could not be tried.
TrialNotes try_wired(const std::string& sendmail, const std::string& cf,
                     const std::vector<std::string>& known_complaints);
TrialNotes try_unwired(const std::string& sendmail, const std::string& cf,
                       const std::vector<std::string>& known_complaints);

/// What sendmail complains of while it reads this text. Throws Fault.
std::vector<std::string> complaints_about(const std::string& sendmail, const std::string& cf);

}  // namespace relay
