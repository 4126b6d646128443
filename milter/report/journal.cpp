#include "milter/report/journal.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "policy/source/files/fault.h"

extern char** environ;

namespace relay::report {

Journal::Journal(std::optional<std::chrono::sys_seconds> since, const char* program) : program_{program} {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_fault(program_, "start", errno);
    output_ = Descriptor{ends[0]};
    const Descriptor input{ends[1]};
    std::string start = "--since=@" + std::to_string(since ? since->time_since_epoch().count() : 0);
    std::array<std::string, 6> words{
        program_, "--no-pager", "--quiet", "--output=short-iso", "--identifier=milter-relay", start};
    std::array<char*, 7> arguments{};
    for (std::size_t i = 0; i < words.size(); ++i) arguments[i] = words[i].data();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, input.get(), STDOUT_FILENO);
    const int error = posix_spawnp(&child_, program, &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        child_ = -1;
        throw system_fault(program_, "start", error);
    }
}

/// Left in the middle, it has nobody to write to and ends.
Journal::~Journal() {
    output_ = Descriptor{};
    if (child_ < 0) return;
    ::kill(child_, SIGTERM);
    while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {}
}

void Journal::finish() {
    int status = 0;
    while (::waitpid(child_, &status, 0) < 0)
        if (errno != EINTR) throw system_fault(program_, "wait for", errno);
    child_ = -1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    throw Fault{Trouble::system, program_ + ": ended with " +
                                     (WIFEXITED(status) ? "exit code " + std::to_string(WEXITSTATUS(status))
                                                        : "signal " + std::to_string(WTERMSIG(status)))};
}

}  // namespace relay::report
