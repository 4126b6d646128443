// What stands between a permit and its recipient, for rows 3, 5 and 6 alike: sender, brake, limits, in this order.
#pragma once

#include "policy/facts.h"

namespace relay {

/// `permit` when nothing stops it; else a verdict of the same row, or the next Question. `logins`: who may have sent
/// this, none where nobody knows; with several, the one that may use the sender is judged by, and becomes the user.
/// What a section in monitor mode would have stopped is in `would`. What cannot be looked up defers, but for limits and
/// brake where [limits] on_failure permits: that is in `would`, too.
Decision gate(const Facts& f, Verdict permit, Logins logins);

/// A refusal waits until rows 7 and 8 have had their say: nothing of it.
Answer unless_refused(Answer answer);

}  // namespace relay
