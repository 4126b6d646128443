#include "milter/doctor/secret.h"

#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

namespace relay::doctor {
namespace {

/// No echo as long as it lives. TCSAFLUSH: what was typed before the prompt is no password. An interrupt is a key that
/// is read as one here, so that it cannot leave the terminal without echo.
class NoEcho {
public:
    explicit NoEcho(int terminal) : terminal_{terminal} {
        if (tcgetattr(terminal, &before_) != 0) return;
        termios now = before_;
        now.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
        is_set_ = tcsetattr(terminal, TCSAFLUSH, &now) == 0;
    }
    NoEcho(const NoEcho&) = delete;
    NoEcho& operator=(const NoEcho&) = delete;
    ~NoEcho() {
        if (is_set_) tcsetattr(terminal_, TCSAFLUSH, &before_);
    }
    [[nodiscard]] bool is_set() const { return is_set_; }

private:
    int terminal_;
    termios before_{};
    bool is_set_ = false;
};

void say(std::string_view text) {
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

constexpr char kInterrupt = 3;  // Ctrl-C

}  // namespace

void Secret::wipe() {
    explicit_bzero(bytes_.data(), bytes_.size());
    size_ = 0;
}

bool Secret::read(std::string_view prompt) {
    if (!isatty(STDIN_FILENO)) return read_line(STDIN_FILENO);
    const NoEcho quiet{STDIN_FILENO};
    if (!quiet.is_set()) return false;
    say(prompt);
    const bool is_read = read_line(STDIN_FILENO);
    say("\n");
    return is_read;
}

/// One byte at a time: what follows the line stays for others.
bool Secret::read_line(int from) {
    wipe();
    while (size_ <= kLongest) {
        char c = 0;
        const auto got = ::read(from, &c, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return got == 0 && size_ > 0;
        if (c == '\n') return true;
        if (c == kInterrupt) break;
        if (size_ == kLongest) break;
        bytes_[size_++] = c;
    }
    wipe();
    return false;
}

}  // namespace relay::doctor
