// Runs a command of the admin's without a shell, with a text on its standard input, and ends it when it takes too long.
//
// Safe beside other threads: posix_spawn(3). The child gets no descriptor but 0, 1 and 2, an environment of PATH and LANG
// alone, default signals, and a process group of its own, so that its end is that of all it has started.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace relay {

class ChildProcess {
public:
    /// Of `input` so much reaches the child in any case: what a pipe holds (POSIX PIPE_BUF).
    static constexpr std::size_t kMostInput = 4096;

    /// Throws std::system_error when it cannot be started.
    ChildProcess(const std::vector<std::string>& command, std::string_view input);
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&& other) noexcept;
    ~ChildProcess();  ///< Kills it when it still runs.

    /// How it ended: the exit code, or 128 + the signal. Nothing while it runs. Never waits.
    std::optional<int> ended();
    /// SIGKILL for its process group; ended() answers soon after.
    void kill();

private:
    pid_t pid_ = -1;
};

}  // namespace relay
