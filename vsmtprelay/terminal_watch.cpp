#include "vsmtprelay/terminal_watch.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>

#include "policy/source/files/no_signals.h"

namespace relay {
namespace {

constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP};
constexpr std::chrono::milliseconds kEvery{200};
constexpr std::string_view kClear = "\r\x1b[K";

std::atomic<bool> begun = false;
std::atomic<bool> shown = false;
std::atomic<bool> ending = false;        ///< The process ends at once: nothing is to be shown any more.
std::atomic<bool> ticker_shows = false;
std::atomic<int> received = 0;
static_assert(decltype(begun)::is_always_lock_free && decltype(received)::is_always_lock_free, "or no signal may touch them");

void clear() {
    if (shown.exchange(false)) [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kClear.data(), kClear.size());
}

void on_signal(int signal) {
    if (begun) {
        received = signal;
        return;
    }
    ending = true;
    constexpr timespec moment{0, 1'000'000};
    for (int i = 0; ticker_shows && i < 100; ++i) ::nanosleep(&moment, nullptr);  // Not for ever: a terminal may be stopped.
    clear();
    ::_exit(128 + signal);
}

void throw_received() {
    if (const int signal = received; signal != 0) throw Interrupted{signal};
}

}  // namespace

TerminalWatch::TerminalWatch(std::string doing)
    : doing_{std::move(doing)}, terminal_{::isatty(STDERR_FILENO) == 1} {
    begun = false;
    received = 0;
    for (const int signal : kSignals)  // What nohup(1) or a shell's & ignores stays ignored.
        if (std::signal(signal, on_signal) == SIG_IGN) std::signal(signal, SIG_IGN);
    const NoSignals of_the_ticker;
    if (terminal_) ticker_ = std::jthread{[this](const std::stop_token& ended) { tick(ended); }};
}

TerminalWatch::~TerminalWatch() {
    over();
}

void TerminalWatch::begin() {
    begun = true;
}

void TerminalWatch::progress(std::size_t records) {
    throw_received();
    tell(fmt::format("{} entries, ", records));
}

void TerminalWatch::percent(int done) {
    throw_received();
    tell(fmt::format("{} %, ", done));
}

void TerminalWatch::commit() {
    throw_received();
}

void TerminalWatch::taken_back(std::size_t records) noexcept {
    tell(fmt::format("ended, {} entries put back, ", records));
}

void TerminalWatch::hide() {
    const std::lock_guard lock{mutex_};
    hidden_ = true;
    clear();
}

void TerminalWatch::quiet() {
    hide();
    ticker_ = {};
}

void TerminalWatch::over() {
    quiet();
    for (const int signal : kSignals)
        if (std::signal(signal, SIG_DFL) == SIG_IGN) std::signal(signal, SIG_IGN);
}

void TerminalWatch::tell(std::string how_far) {
    const std::lock_guard lock{mutex_};
    how_far_ = std::move(how_far);
    hidden_ = false;
    if (Clock::now() < next_) return;
    show();
    next_ = Clock::now() + kEvery;
}

void TerminalWatch::tick(const std::stop_token& ended) {
    std::unique_lock lock{mutex_};
    while (!never_.wait_for(lock, ended, kEvery, [&ended] { return ended.stop_requested(); })) {
        ticker_shows = true;
        if (!ending) show();
        ticker_shows = false;
    }
}

/// Under mutex_. A terminal that is gone is no fault.
void TerminalWatch::show() {
    const auto taken = Clock::now() - since_;
    if (!terminal_ || hidden_ || taken < kFirst) return;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(taken).count();
    const std::string line = fmt::format("{}vsmtprelay: {}: {}{} s", kClear, doing_, how_far_, seconds);
    shown = true;
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace relay
