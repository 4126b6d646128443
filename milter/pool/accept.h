// Connections are taken one by one, also when the system is short of descriptors, and no longer when we stop.
//
// Without a descriptor libmilter asks accept(2) again at once, for as long as there is none, at the cost of a processor;
// and it goes on taking connections until the process ends. There is no call to tell it otherwise. So accept.cpp defines
// accept in the place of the C library's: a connection for which there is no descriptor is closed, and sendmail defers
// its mail; the others go on, and nothing has to be restarted when the shortage ends.
#pragma once

namespace relay {

/// Holds a descriptor back for the time when there is none. Before the socket is opened.
void prepare_to_accept();

/// The descriptor that this thread got from accept(2) at last.
int last_accepted();

/// From now on connections wait in the socket, for whoever it is handed over to next. For good.
void accept_no_more();

}  // namespace relay
