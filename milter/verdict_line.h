// The log line of a verdict: the words that admins' scripts read. Keys and their order are a contract:
//
//   QUEUEID: verdict= via= reason= client= user= age= mech= from= to= listener= policy= mode=
//
// and then, each only where there is something to say:
//
//   would=      what sections in monitor mode would have stopped the recipient for: reasons, parted by commas
//   limit=      the limit that is exceeded, enforced or not
//   wait=       seconds that a limit or the brake asks to wait
//   pop_until=  the last day of POP before SMTP, from 30 days before its end
//
// A value never has a space in it; bytes of a peer are escaped as milter/log_value.h says. age is in seconds, negative
// for a standing permission, empty where no login was found. Without a queue id QUEUEID is "NOQUEUE".
#pragma once

#include <string>
#include <vector>

#include "milter/log.h"
#include "milter/session.h"

namespace relay {

std::string verdict_line(const Judged& judged);

/// permit: info; refuse: notice; defer: warning.
Severity severity_of(Action action);

/// What failed, where, and what follows, one text for each fault; most often none.
std::vector<std::string> fault_lines(const Judged& judged);

}  // namespace relay
