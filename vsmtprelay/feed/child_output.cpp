#include "vsmtprelay/feed/child_output.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "policy/source/files/fault.h"

namespace relay {
namespace {

/// posix_spawn(3) with an empty signal mask and default signals: ours are blocked for signalfd(2).
pid_t spawn(const std::vector<std::string>& words, int output) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, output, 1);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_t process = -1;
    const int error = ::posix_spawnp(&process, arguments[0], &files, &attributes, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&attributes);
    if (error != 0) throw system_fault(words[0], "run", error);
    return process;
}

}  // namespace

ChildOutput::ChildOutput(const std::vector<std::string>& words) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw system_fault(words[0], "make a pipe for", errno);
    output_ = Descriptor{ends[0]};
    const Descriptor input{ends[1]};
    ::fcntl(output_.get(), F_SETFL, O_NONBLOCK);
    process_ = spawn(words, input.get());
}

ChildOutput::~ChildOutput() {
    ::kill(process_, SIGKILL);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {}
}

bool ChildOutput::read(std::string& to) {
    std::array<char, 65536> buffer;
    const ssize_t got = ::read(output_.get(), buffer.data(), buffer.size());
    if (got > 0) to.append(buffer.data(), static_cast<std::size_t>(got));
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

}  // namespace relay
