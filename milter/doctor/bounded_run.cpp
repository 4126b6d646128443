#include "milter/doctor/bounded_run.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>

#include "policy/source/files/descriptor.h"
#include "policy/source/files/escaped.h"

namespace relay::doctor {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostBytes = 4 << 20;

std::string packed(const Findings& findings) {
    json all = json::array();
    for (const auto& one : findings) all.push_back({static_cast<int>(one.level), one.seen, one.why, one.type});
    return all.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<Findings> unpacked(const std::string& text) {
    const auto all = json::parse(text, nullptr, false);
    if (!all.is_array()) return std::nullopt;
    Findings findings;
    for (const auto& one : all) {
        findings.push_back({static_cast<Level>(one[0].get<int>()), one[1].get<std::string>(), one[2].get<std::string>(),
                            one[3].get<std::string>()});
    }
    return findings;
}

Findings caught(const std::function<Findings()>& work) {
    try {
        return work();
    } catch (const std::exception& fault) {
        return {error("the check ended with: " + escaped(fault.what()), "nothing is known about what it looks at", "")};
    }
}

[[noreturn]] void be_child(const std::function<Findings()>& work, int output) {
    const auto text = packed(caught(work));
    std::string_view rest = text;
    while (!rest.empty()) {
        const auto written = ::write(output, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) break;
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    ::_exit(0);
}

/// What comes until the other end is closed; nothing where the time is over first.
std::optional<std::string> read_until(int input, Clock::time_point end) {
    std::string text;
    std::array<char, 65536> buffer{};
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        pollfd waiting{input, POLLIN, 0};
        const int ready = left > 0 ? ::poll(&waiting, 1, static_cast<int>(left)) : 0;
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0 || text.size() > kMostBytes) return std::nullopt;
        const auto got = ::read(input, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

int end_of(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return status;
}

Finding died(int status) {
    return error(WIFSIGNALED(status) ? std::string{"the check crashed: "} + strsignal(WTERMSIG(status))
                                     : "the check ended early",
                 "nothing is known about what it looks at", "milter-relay doctor again; if it stays so, report it");
}

}  // namespace

Findings run_bounded(const std::function<Findings()>& work, std::chrono::milliseconds limit) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {error("no pipe: " + std::string{std::strerror(errno)}, "", "")};
    Descriptor input{ends[0]};
    Descriptor output{ends[1]};
    const pid_t child = ::fork();
    if (child < 0) return {error("no process: " + std::string{std::strerror(errno)}, "nothing can be checked", "")};
    if (child == 0) be_child(work, output.get());
    output = Descriptor{};
    const auto text = read_until(input.get(), Clock::now() + limit);
    if (!text) ::kill(child, SIGKILL);
    const int status = end_of(child);
    if (!text) {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit).count();
        return {error("no answer in " + std::to_string(seconds) + " s", "sendmail would wait there as well",
                      "look at what the lines above do not name: a file system or a service that hangs")};
    }
    const auto findings = unpacked(*text);
    return findings ? *findings : Findings{died(status)};
}

}  // namespace relay::doctor
