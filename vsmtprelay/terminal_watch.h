// The admin before the terminal: sees how far a command is that takes long, and ends it with Ctrl-C.
//
// While one of these lives, SIGINT, SIGTERM and SIGHUP end the process at once as long as nothing has been begun, end a
// change that has begun without a trace, and come too late for one that is being put in its place. From two seconds on
// standard error shows how far it is, where that is a terminal: by a thread of its own, since who waits for a lock, a
// disk or a server tells nothing. One at a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "policy/source/files/watch.h"

namespace relay {

/// Thrown out of a change that was ended. No std::exception: nobody but the command may take it.
struct Interrupted {
    int signal;
};

class TerminalWatch : public Watch {
public:
    /// `doing` stands before the numbers.
    explicit TerminalWatch(std::string doing);
    TerminalWatch(const TerminalWatch&) = delete;
    TerminalWatch& operator=(const TerminalWatch&) = delete;
    ~TerminalWatch() override;

    void begin() override;
    void progress(std::size_t records) override;
    void percent(int done) override;
    void commit() override;
    void taken_back(std::size_t records) noexcept override;

    /// Nothing is shown until there is more to tell: the terminal is for what is printed, or for who types what is read, or
    /// a password for the program that sends it.
    void hide();
    /// Nothing is shown any more, and the thread has ended.
    void quiet();
    /// The work is over, and the command prints what came of it: quiet(), and signals are as they were.
    void over();

private:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::seconds kFirst{2};
    void tell(std::string how_far);
    void tick(const std::stop_token& ended);
    void show();

    const std::string doing_;
    const bool terminal_;
    const Clock::time_point since_ = Clock::now();

    std::mutex mutex_;  ///< Of what follows.
    std::string how_far_;
    bool hidden_ = false;
    Clock::time_point next_ = since_ + kFirst;  ///< tell() shows nothing before that.

    std::condition_variable_any never_;
    std::jthread ticker_;
};

}  // namespace relay
