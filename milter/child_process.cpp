#include "milter/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "policy/source/files/descriptor.h"

namespace relay {
namespace {

void check(int error, const char* doing) {
    if (error != 0) throw std::system_error{error, std::generic_category(), doing};
}

struct Actions {
    Actions() { check(posix_spawn_file_actions_init(&raw), "posix_spawn_file_actions_init"); }
    Actions(const Actions&) = delete;
    Actions& operator=(const Actions&) = delete;
    ~Actions() { posix_spawn_file_actions_destroy(&raw); }
    posix_spawn_file_actions_t raw;
};

struct Attributes {
    Attributes() { check(posix_spawnattr_init(&raw), "posix_spawnattr_init"); }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    ~Attributes() { posix_spawnattr_destroy(&raw); }
    posix_spawnattr_t raw;
};

void use_input(Actions& actions, int input) {
    check(posix_spawn_file_actions_adddup2(&actions.raw, input, STDIN_FILENO), "dup2");
    for (const int output : {STDOUT_FILENO, STDERR_FILENO})
        check(posix_spawn_file_actions_addopen(&actions.raw, output, "/dev/null", O_WRONLY, 0), "open /dev/null");
    check(posix_spawn_file_actions_addclosefrom_np(&actions.raw, STDERR_FILENO + 1), "closefrom");
}

void use_defaults(Attributes& attributes) {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    check(posix_spawnattr_setsigmask(&attributes.raw, &none), "sigmask");
    check(posix_spawnattr_setsigdefault(&attributes.raw, &all), "sigdefault");
    check(posix_spawnattr_setpgroup(&attributes.raw, 0), "setpgroup");
    check(posix_spawnattr_setflags(&attributes.raw, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP),
          "setflags");
}

pid_t spawned(const std::vector<std::string>& command, int input) {
    Actions actions;
    Attributes attributes;
    use_input(actions, input);
    use_defaults(attributes);
    std::vector<char*> arguments;
    for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    char language[] = "LANG=C";
    char* environment[] = {path, language, nullptr};
    pid_t pid = -1;
    check(posix_spawn(&pid, arguments[0], &actions.raw, &attributes.raw, arguments.data(), environment), "start");
    return pid;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& command, std::string_view input) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) check(errno, "pipe");
    const Descriptor reading{ends[0]};
    const Descriptor writing{ends[1]};
    // Before it starts and with its reading end open: what fits into the pipe never waits and never raises SIGPIPE.
    input = input.substr(0, kMostInput);
    if (write(writing.get(), input.data(), input.size()) != static_cast<ssize_t>(input.size())) check(errno, "write");
    pid_ = spawned(command, reading.get());
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept : pid_{std::exchange(other.pid_, -1)} {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
    std::swap(pid_, other.pid_);
    return *this;
}

ChildProcess::~ChildProcess() {
    if (pid_ <= 0) return;
    kill();
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

std::optional<int> ChildProcess::ended() {
    int status = 0;
    if (pid_ <= 0 || waitpid(pid_, &status, WNOHANG) != pid_) return {};
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void ChildProcess::kill() {
    if (pid_ > 0) ::kill(-pid_, SIGKILL);
}

}  // namespace relay
