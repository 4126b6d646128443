#include "tests/crash/process.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "policy/source/files/descriptor.h"

namespace relay::crash {
namespace {

constexpr unsigned kLongestRun = 60;  // seconds

/// Input and output are files, so that nobody waits for anybody.
Descriptor memory_file(const std::string& text) {
    Descriptor file{::memfd_create("crash", MFD_CLOEXEC)};
    if (!file || ::pwrite(file.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
        throw std::runtime_error{"no memory for the input of a program"};
    return file;
}

std::string text_of(const Descriptor& file) {
    std::string text(static_cast<std::size_t>(::lseek(file.get(), 0, SEEK_END)), '\0');
    text.resize(static_cast<std::size_t>(::pread(file.get(), text.data(), text.size(), 0)));
    return text;
}

[[noreturn]] void become(const Command& command, const std::map<std::string, std::string>& environment,
                         const Descriptor& input, const Descriptor& output, const Descriptor& error) {
    ::dup2(input.get(), 0);
    ::dup2(output.get(), 1);
    ::dup2(error.get(), 2);
    for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
    std::vector<char*> words;
    for (const std::string& word : command.words) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    ::alarm(kLongestRun);
    ::execv(words[0], words.data());
    ::_exit(127);
}

}  // namespace

Ended run(const Command& command, const std::map<std::string, std::string>& environment) {
    const Descriptor input = memory_file(command.input);
    const Descriptor output = memory_file("");
    const Descriptor error = memory_file("");
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error{std::string{"fork: "} + std::strerror(errno)};
    if (child == 0) become(command, environment, input, output, error);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) throw std::runtime_error{std::string{"waitpid: "} + std::strerror(errno)};
    Ended ended{WIFEXITED(status) ? WEXITSTATUS(status) : -1, WIFSIGNALED(status) ? WTERMSIG(status) : 0,
                text_of(output), text_of(error)};
    if (ended.code == 127) throw std::runtime_error{command.words[0] + ": cannot be run"};
    return ended;
}

}  // namespace relay::crash
