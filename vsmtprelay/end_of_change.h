// The end of a change that an admin watched: what sendmail's open maps cannot see yet is left to a process of its own.
#pragma once

#include "policy/source/logins/login_writer.h"
#include "vsmtprelay/terminal_watch.h"

namespace relay {

/// In this order: LateTouch::leave_behind forks, which no other thread may live through, and no signal may come between
/// the change and that.
inline void end_change(LoginWriter& writer, TerminalWatch& watch) {
    watch.quiet();
    writer.leave_touch_behind();
    watch.over();
}

}  // namespace relay
