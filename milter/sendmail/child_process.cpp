#include "milter/sendmail/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"

namespace relay {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMostOutput = 64 << 20;

/// Nothing of our own environment: sendmail and m4 look at theirs.
const std::array<const char*, 3> kEnvironment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin",
                                                 "LC_ALL=C", nullptr};

struct SpawnSetup {
    posix_spawn_file_actions_t actions{};
    posix_spawnattr_t attributes{};

    SpawnSetup() {
        posix_spawn_file_actions_init(&actions);
        posix_spawnattr_init(&attributes);
        sigset_t none, all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &all);
        posix_spawnattr_setpgroup(&attributes, 0);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }
    SpawnSetup(const SpawnSetup&) = delete;
    SpawnSetup& operator=(const SpawnSetup&) = delete;
    ~SpawnSetup() {
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }
};

pid_t spawn(const Arguments& arguments, const SpawnSetup& setup) {
    std::vector<char*> argv;
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    pid_t process = -1;
    const int error = posix_spawn(&process, argv[0], &setup.actions, &setup.attributes, argv.data(),
                                  const_cast<char* const*>(kEnvironment.data()));
    if (error != 0) throw system_fault(arguments[0], "start", error);
    return process;
}

/// The whole group: m4 starts programs as well.
int end_of(pid_t process) {
    int status = 0;
    while (waitpid(process, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Kills what still runs unless it was waited for.
class Running {
public:
    explicit Running(pid_t process) : process_{process} {}
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() {
        if (process_ < 0) return;
        ::kill(-process_, SIGKILL);
        end_of(process_);
    }
    int wait() { return end_of(std::exchange(process_, -1)); }

private:
    pid_t process_;
};

std::pair<Descriptor, Descriptor> make_pipe(const std::string& program) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw system_fault(program, "pipe", errno);
    return {Descriptor{ends[0]}, Descriptor{ends[1]}};
}

int milliseconds_until(Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    return static_cast<int>(std::max<long long>(left, 0));
}

Fault too_late(const std::string& program, std::chrono::seconds limit) {
    return Fault{Trouble::system, fmt::format("{}: no answer within {} s", escaped(program), limit.count())};
}

/// Appends what can be read; false at the end.
bool read_some(const std::string& program, int from, std::string& to) {
    std::array<char, 65536> bytes;
    const auto size = read(from, bytes.data(), bytes.size());
    if (size < 0 && errno == ECONNRESET) return false;  // it ended with lines of ours unread
    if (size < 0 && errno != EINTR && errno != EAGAIN) throw system_fault(program, "read", errno);
    if (size > 0) to.append(bytes.data(), static_cast<std::size_t>(size));
    if (to.size() > kMostOutput) throw Fault{Trouble::system, escaped(program) + ": says more than 64 MiB; stopped"};
    return size != 0;
}

}  // namespace

Finished run_program(const Arguments& arguments, const std::string& directory, std::chrono::seconds limit) {
    const auto& program = arguments.at(0);
    auto [output, output_end] = make_pipe(program);
    auto [errors, errors_end] = make_pipe(program);
    SpawnSetup setup;
    posix_spawn_file_actions_addopen(&setup.actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&setup.actions, output_end.get(), 1);
    posix_spawn_file_actions_adddup2(&setup.actions, errors_end.get(), 2);
    if (!directory.empty()) posix_spawn_file_actions_addchdir_np(&setup.actions, directory.c_str());
    Running running{spawn(arguments, setup)};
    output_end = Descriptor{};
    errors_end = Descriptor{};

    Finished finished;
    const auto deadline = Clock::now() + limit;
    std::array<pollfd, 2> files{{{output.get(), POLLIN, 0}, {errors.get(), POLLIN, 0}}};
    while (files[0].fd >= 0 || files[1].fd >= 0) {
        const int ready = poll(files.data(), files.size(), milliseconds_until(deadline));
        if (ready == 0) throw too_late(program, limit);
        if (ready < 0) continue;
        if (files[0].revents != 0 && !read_some(program, output.get(), finished.output)) files[0].fd = -1;
        if (files[1].revents != 0 && !read_some(program, errors.get(), finished.errors)) files[1].fd = -1;
    }
    finished.status = running.wait();
    return finished;
}

std::string find_program(const std::vector<std::string>& candidates) {
    for (const auto& candidate : candidates)
        if (access(candidate.c_str(), X_OK) == 0) return candidate;
    return {};
}

Conversation::Conversation(const Arguments& arguments) : program_{arguments.at(0)} {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        throw system_fault(program_, "socketpair", errno);
    socket_ = Descriptor{ends[0]};
    const Descriptor theirs{ends[1]};
    SpawnSetup setup;
    for (int standard : {0, 1, 2}) posix_spawn_file_actions_adddup2(&setup.actions, theirs.get(), standard);
    process_ = spawn(arguments, setup);
}

Conversation::~Conversation() {
    ::kill(-process_, SIGKILL);
    end_of(process_);
}

std::string Conversation::exchange(std::string_view lines, std::string_view end, std::chrono::seconds limit) {
    const auto deadline = Clock::now() + limit;
    std::string answer;
    while (!answer.ends_with(end)) {
        pollfd file{socket_.get(), static_cast<short>(lines.empty() ? POLLIN : POLLIN | POLLOUT), 0};
        const int ready = poll(&file, 1, milliseconds_until(deadline));
        if (ready == 0) throw too_late(program_, limit);
        if (ready < 0) continue;
        if ((file.revents & POLLOUT) != 0) {
            const auto sent = send(socket_.get(), lines.data(), lines.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent > 0) lines.remove_prefix(static_cast<std::size_t>(sent));
        }
        if ((file.revents & (POLLIN | POLLHUP | POLLERR)) != 0 && !read_some(program_, socket_.get(), answer))
            throw Fault{Trouble::system, fmt::format("{} ended: {}", escaped(program_),
                                                     escaped(std::string_view{answer}.substr(
                                                         answer.size() - std::min<std::size_t>(answer.size(), 500))))};
    }
    return answer;
}

}  // namespace relay
