// A session for which the system has no thread waits for one that is there.
//
// libmilter forgets a session for which it gets no thread: sendmail waits for its answer until it gives up. There is no
// call to tell it otherwise. So session_threads.cpp defines pthread_create in the place of the C library's.
#pragma once

namespace relay {

/// Before the first thread.
void prepare_session_threads();

}  // namespace relay
