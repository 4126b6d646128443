// The admin before the terminal: sees how far a long change is, and ends it with Ctrl-C.
//
// While one of these lives, SIGINT, SIGTERM and SIGHUP end the process at once as long as nothing has been begun, end a
// change that has begun without a trace, and come too late for one that is being put in its place. One at a time.
#pragma once

#include <chrono>
#include <string>

#include "policy/source/files/watch.h"

namespace relay {

/// Thrown out of a change that was ended. No std::exception: nobody but the command may take it.
struct Interrupted {
    int signal;
};

class TerminalWatch : public Watch {
public:
    /// `doing` stands before the numbers that standard error shows where it is a terminal, after two seconds.
    explicit TerminalWatch(std::string doing);
    TerminalWatch(const TerminalWatch&) = delete;
    TerminalWatch& operator=(const TerminalWatch&) = delete;
    ~TerminalWatch() override;

    void begin() override;
    void progress(std::size_t records) override;
    void percent(int done) override;
    void commit() override;

private:
    using Clock = std::chrono::steady_clock;
    void show(const std::string& how_far);
    void clear();

    std::string doing_;
    bool terminal_;
    bool shown_ = false;
    Clock::time_point next_;
};

}  // namespace relay
