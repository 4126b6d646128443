// libmilter with our session pool in the place of its own.
//
// There is no call to tell libmilter to use other threads. So libmilter_calls.cpp defines functions of libmilter's own
// (libmilter/worker.c and comm.c, sendmail 8.14 to 8.18) in their place, which works where libmilter is a shared library that
// was built with a pool, as Debian's is; any other one never calls them. And it defines poll, by which libmilter asks
// whether a session has said something: it waits a millisecond for it, in which the thread could serve another.
#pragma once

namespace relay {

/// smfi_main, with these threads. MI_FAILURE, with errno, also where the system has none.
int serve_sessions();

/// From a callback: a line in the log, once, where libmilter serves by threads of its own after all.
void tell_whose_threads_serve() noexcept;

}  // namespace relay
