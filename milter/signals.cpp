#include "milter/signals.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

/// libmilter's signal thread stays here for ever; see signals.h.
extern "C" int sigwait(const sigset_t*, int*) {
    for (;;) pause();
}

namespace relay {
namespace {

int event_pipe[2] = {-1, -1};

/// Async-signal-safe. A full pipe (65,536 events) drops the newest.
void write_event(char event) {
    const int kept = errno;
    [[maybe_unused]] const auto written = write(event_pipe[1], &event, 1);
    errno = kept;
}

void on_signal(int signal) {
    write_event(signal == SIGHUP ? 'r' : 's');
}

void handle(int signal) {
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    if (sigaction(signal, &action, nullptr) != 0) throw std::system_error{errno, std::generic_category(), "sigaction"};
}

}  // namespace

void watch_signals() {
    if (pipe2(event_pipe, O_CLOEXEC) != 0 || fcntl(event_pipe[1], F_SETFL, O_NONBLOCK) != 0)
        throw std::system_error{errno, std::generic_category(), "pipe"};
    for (const int signal : {SIGHUP, SIGTERM, SIGINT}) handle(signal);
    signal(SIGPIPE, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    pthread_sigmask(SIG_SETMASK, &none, nullptr);  // whatever the parent process left blocked
}

Event next_event() {
    // poll(2), unlike read(2), returns after every handler: sanitizers run handlers only then.
    pollfd waiting{event_pipe[0], POLLIN, 0};
    while (poll(&waiting, 1, -1) != 1) {
    }
    char event = 's';
    [[maybe_unused]] const auto size = read(event_pipe[0], &event, 1);
    return event == 'r' ? Event::reload : event == 's' ? Event::stop : Event::libmilter_ended;
}

void post_event(Event event) {
    write_event(event == Event::reload ? 'r' : event == Event::stop ? 's' : 'e');
}

}  // namespace relay
