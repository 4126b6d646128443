#include "milter/report/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace relay::report {
namespace {

constexpr std::uint64_t kWidth = 40;

}  // namespace

Progress::Progress()
    : next_{std::chrono::steady_clock::now() + std::chrono::seconds{1}}, is_terminal_{isatty(STDERR_FILENO) == 1} {}

Progress::~Progress() {
    if (drawn_) fmt::print(stderr, "\r\x1b[K");
}

void Progress::show(std::uint64_t position, std::uint64_t size, std::uint64_t lines) {
    if (!is_terminal_) return;
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::milliseconds{200};
    drawn_ = true;
    if (size == 0) {
        fmt::print(stderr, "\r{} lines", lines);
    } else {
        const auto done = std::min(position, size);
        fmt::print(stderr, "\r[{:<{}}] {:3}% {} lines", std::string(done * kWidth / size, '#'), kWidth,
                   done * 100 / size, lines);
    }
    std::fflush(stderr);
}

}  // namespace relay::report
