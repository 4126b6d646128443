// Signals as events that the main thread reads one after the other.
//
// libmilter has a thread of its own that waits for SIGHUP, SIGTERM and SIGINT in sigwait(3), and on each of them ends
// the process after 3.5 s, without the answers that are due. There is no call to leave it out. So this file defines
// sigwait, in the place of the C library's, as a call that never returns: nobody else in this process uses it.
#pragma once

namespace relay {

enum class Event { reload, stop, libmilter_ended };

/// Installs the handlers. Once, before any other thread is made; throws std::system_error.
void watch_signals();

/// The next event; waits for it. One thread only.
Event next_event();

/// From any thread.
void post_event(Event event);

}  // namespace relay
