#include "vsmtprelay/terminal_watch.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace relay {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};
constexpr std::chrono::seconds kFirst{2};
constexpr std::chrono::milliseconds kEvery{200};

volatile std::sig_atomic_t begun = 0;
volatile std::sig_atomic_t received = 0;

void on_signal(int signal) {
    if (begun == 0) ::_exit(128 + signal);
    received = signal;
}

void throw_received() {
    if (received != 0) throw Interrupted{received};
}

}  // namespace

TerminalWatch::TerminalWatch(std::string doing)
    : doing_{std::move(doing)}, terminal_{::isatty(STDERR_FILENO) == 1}, next_{Clock::now() + kFirst} {
    begun = 0;
    received = 0;
    for (const int signal : kSignals)  // What nohup(1) or a shell's & ignores stays ignored.
        if (std::signal(signal, on_signal) == SIG_IGN) std::signal(signal, SIG_IGN);
}

TerminalWatch::~TerminalWatch() {
    clear();
    for (const int signal : kSignals)
        if (std::signal(signal, SIG_DFL) == SIG_IGN) std::signal(signal, SIG_IGN);
}

void TerminalWatch::begin() {
    begun = 1;
}

void TerminalWatch::progress(std::size_t records) {
    throw_received();
    if (terminal_ && Clock::now() >= next_) show(fmt::format("{} entries", records));
}

void TerminalWatch::percent(int done) {
    throw_received();
    if (terminal_ && Clock::now() >= next_) show(fmt::format("{} %", done));
}

void TerminalWatch::show(const std::string& how_far) {
    fmt::print(stderr, "\r\x1b[Kvsmtprelay: {}: {}", doing_, how_far);
    std::fflush(stderr);
    shown_ = true;
    next_ = Clock::now() + kEvery;
}

void TerminalWatch::commit() {
    throw_received();
}

void TerminalWatch::clear() {
    if (shown_) fmt::print(stderr, "\r\x1b[K");
    shown_ = false;
}

}  // namespace relay
