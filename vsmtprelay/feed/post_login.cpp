#include "vsmtprelay/feed/post_login.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

#include "policy/source/files/descriptor.h"
#include "policy/source/files/escaped.h"

namespace relay {
namespace {

constexpr std::size_t kLongestFault = 4000;

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

std::string system_error(int error) {
    return std::generic_category().message(error);
}

/// Writes what went wrong into the pipe, and an end mark, so that silence is never taken for success.
[[noreturn]] void be_the_recorder(const std::function<void()>& record, const Descriptor& pipe) {
    std::string said = "+";
    try {
        record();
    } catch (const std::exception& error) {
        said = std::string{"-"}.append(error.what()).substr(0, kLongestFault);
    }
    [[maybe_unused]] const auto written = ::write(pipe.get(), said.data(), said.size());
    ::_exit(0);
}

bool readable(const Descriptor& pipe, std::chrono::milliseconds patience) {
    pollfd waiting{pipe.get(), POLLIN, 0};
    int ready = 0;
    do ready = ::poll(&waiting, 1, static_cast<int>(patience.count()));
    while (ready < 0 && errno == EINTR);
    return ready > 0;
}

/// What is killed midway harms nothing that was recorded. A process that the system holds cannot be waited for.
void end(pid_t recorder) {
    constexpr int most_looks = 20;
    constexpr useconds_t pause = 5'000;
    ::kill(recorder, SIGKILL);
    for (int looks = 0; looks < most_looks && ::waitpid(recorder, nullptr, WNOHANG) == 0; ++looks) ::usleep(pause);
}

}  // namespace

PostLogin post_login_environment() {
    return {environment("IP"), environment("LOCAL_IP"), environment("USER")};
}

LoginEvent login_event(const PostLogin& login, std::chrono::sys_seconds now) {
    const auto client = Address::parse(login.client);
    if (!client) {
        constexpr std::size_t most = 100;
        throw std::invalid_argument{"the environment's IP is no address: '" + escaped(login.client.substr(0, most)) + "'"};
    }
    return {*client, now, login.user};
}

std::string record_aside(const std::function<void()>& record, std::chrono::milliseconds patience) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return "make a pipe: " + system_error(errno);
    const Descriptor output{ends[0]};
    Descriptor input{ends[1]};
    const pid_t recorder = ::fork();
    if (recorder < 0) return "fork: " + system_error(errno);
    if (recorder == 0) be_the_recorder(record, input);
    input = Descriptor{};
    if (!readable(output, patience)) {
        end(recorder);
        return "takes too long";
    }
    std::string said(kLongestFault, '\0');
    const ssize_t got = ::read(output.get(), said.data(), said.size());
    while (::waitpid(recorder, nullptr, 0) < 0 && errno == EINTR) {}
    if (got <= 0) return "the recording process ended unexpectedly";
    said.resize(static_cast<std::size_t>(got));
    return said.front() == '+' ? std::string{} : said.substr(1);
}

std::string run_next(const std::vector<std::string>& words) {
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    return system_error(errno);
}

}  // namespace relay
