// Signals as events that the main thread reads one after the other.
//
// libmilter has a thread of its own that waits for SIGHUP, SIGTERM and SIGINT and ends the process 3.5 s later. The
// kernel gives a signal that was sent to a process to its first thread if that one does not block it (signal(7)), so
// the first thread must be ours and must never block them: smfi_main runs on another one.
#pragma once

namespace relay {

enum class Event { reload, stop, libmilter_ended };

/// Installs the handlers. Once, from the first thread, before any other thread is made; throws std::system_error.
void watch_signals();

/// The next event; waits for it. First thread only.
Event next_event();

/// From any thread.
void post_event(Event event);

}  // namespace relay
