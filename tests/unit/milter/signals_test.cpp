#include "milter/signals.h"

#include <signal.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/support/catch.h"

using namespace relay;

TEST_CASE("signals and posts become events, in their order") {
    watch_signals();
    raise(SIGHUP);
    raise(SIGTERM);
    raise(SIGINT);
    post_event(Event::libmilter_ended);
    raise(SIGHUP);
    CHECK(next_event() == Event::reload);
    CHECK(next_event() == Event::stop);
    CHECK(next_event() == Event::stop);
    CHECK(next_event() == Event::libmilter_ended);
    CHECK(next_event() == Event::reload);
}

TEST_CASE("a thread that waits for signals as libmilter's does never gets one") {
    static std::atomic<bool> got_one;  // the thread stays for ever
    std::thread{[] {
        sigset_t waited;
        sigemptyset(&waited);
        sigaddset(&waited, SIGUSR2);
        pthread_sigmask(SIG_BLOCK, &waited, nullptr);
        pthread_kill(pthread_self(), SIGUSR2);
        int signal = 0;
        sigwait(&waited, &signal);
        got_one = true;
    }}.detach();
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    CHECK_FALSE(got_one);
}
