#include "policy/source/relayers/refresher.h"

#include <pthread.h>
#include <signal.h>

#include "tests/support/catch.h"

using namespace relay;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

/// False when that takes more than ten seconds.
template <class Condition>
bool comes_true(Condition condition) {
    for (const auto end = Clock::now() + 10s; !condition(); std::this_thread::sleep_for(1ms))
        if (Clock::now() > end) return false;
    return true;
}

}  // namespace

TEST_CASE("the work is done when it is asked for, in another thread, and not before") {
    std::atomic<int> done{0};
    std::atomic<std::thread::id> thread{};
    Refresher refresher{[&] {
        thread = std::this_thread::get_id();
        ++done;
        return Refresher::Rest{};
    }};
    std::this_thread::sleep_for(20ms);
    CHECK(done == 0);
    refresher.ask();
    REQUIRE(comes_true([&] { return done == 1; }));
    CHECK(thread.load() != std::this_thread::get_id());
    std::this_thread::sleep_for(20ms);
    CHECK(done == 1);
}

TEST_CASE("who asks while the work is done has it done once more, however often he asks") {
    std::atomic<int> begun{0};
    std::atomic<bool> held{true};
    Refresher refresher{[&] {
        ++begun;
        while (held) std::this_thread::sleep_for(1ms);
        return Refresher::Rest{};
    }};
    refresher.ask();
    REQUIRE(comes_true([&] { return begun == 1; }));
    for (int i = 0; i < 100; ++i) refresher.ask();
    held = false;
    CHECK(comes_true([&] { return begun == 2; }));
    std::this_thread::sleep_for(50ms);
    CHECK(begun == 2);
}

TEST_CASE("it rests as long as the work says, and as long as the work took") {
    const bool long_work = GENERATE(false, true);
    std::vector<Clock::time_point> begun;
    std::vector<Clock::time_point> ended;
    std::atomic<int> done{0};
    {
        Refresher refresher{[&] {
            begun.push_back(Clock::now());
            if (long_work) std::this_thread::sleep_for(60ms);
            ended.push_back(Clock::now());
            ++done;
            return long_work ? Refresher::Rest{} : Refresher::Rest{60ms};
        }};
        refresher.ask();
        REQUIRE(comes_true([&] { return done == 1; }));
        refresher.ask();
        REQUIRE(comes_true([&] { return done == 2; }));
    }
    CAPTURE(long_work);
    CHECK(begun.at(1) - ended.at(0) >= 55ms);
}

TEST_CASE("its end waits for work that looks whether it is to stop, and for no rest") {
    std::atomic<bool> began{false};
    std::atomic<bool> saw_the_stop{false};
    const auto begin = Clock::now();
    {
        Refresher* self = nullptr;
        Refresher refresher{[&] {
            began = true;
            while (!self->stopping()) std::this_thread::sleep_for(1ms);
            saw_the_stop = true;
            return Refresher::Rest{1h};
        }};
        self = &refresher;
        refresher.ask();
        REQUIRE(comes_true([&] { return began.load(); }));
    }
    CHECK(saw_the_stop);
    {
        std::atomic<int> done{0};
        Refresher refresher{[&] { return ++done, Refresher::Rest{1h}; }};
        refresher.ask();
        REQUIRE(comes_true([&] { return done == 1; }));
    }
    CHECK(Clock::now() - begin < 5s);
}

TEST_CASE("its thread takes no signals, and the one that asks keeps its own") {
    sigset_t before;
    pthread_sigmask(SIG_SETMASK, nullptr, &before);
    std::atomic<bool> done{false};
    bool all_blocked = true;
    Refresher refresher{[&] {
        sigset_t mask;
        pthread_sigmask(SIG_SETMASK, nullptr, &mask);
        for (const int signal : {SIGTERM, SIGHUP, SIGINT, SIGALRM, SIGUSR1}) all_blocked = all_blocked && sigismember(&mask, signal) == 1;
        done = true;
        return Refresher::Rest{};
    }};
    refresher.ask();
    REQUIRE(comes_true([&] { return done.load(); }));
    CHECK(all_blocked);
    sigset_t after;
    pthread_sigmask(SIG_SETMASK, nullptr, &after);
    for (const int signal : {SIGTERM, SIGHUP, SIGINT}) CHECK(sigismember(&after, signal) == sigismember(&before, signal));
}
