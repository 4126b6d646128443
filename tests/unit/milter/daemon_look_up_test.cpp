// What a decision of the real daemon asks the kernel about relayers.db, as strace(1) counts it.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/catch.h"
#include "tests/unit/milter/daemon_process.h"

namespace {

using namespace relay::test;

constexpr std::size_t kRecipients = 40;

/// Starts the daemon with a witness of every system call that names its database; strace -D leaves it its process id.
void start_traced(DaemonProcess& daemon) {
    daemon.configure();
    const std::string config = daemon.directory.path("c.toml");
    const std::string trace = daemon.directory.path("trace");
    daemon.spawn([&] {
        execlp("strace", "strace", "-D", "-f", "-qq", "-o", trace.c_str(), "-e", "trace=%file", "-P", daemon.database.c_str(),
               MILTER_RELAY_PROGRAM, "run", "-c", config.c_str(), "--log", "stderr", nullptr);
    });
    if (!daemon.logs(" answers on ")) throw std::runtime_error{"milter-relay did not start under strace: " + daemon.log()};
}

/// The system calls that named it so far, in their order: "newfstatat", "openat" ...
std::vector<std::string> calls(const DaemonProcess& daemon) {
    std::ifstream trace{daemon.directory.path("trace")};
    std::vector<std::string> names;
    for (std::string line; std::getline(trace, line);) {
        const std::size_t name = line.find_first_not_of(' ', line.find(' '));
        const std::size_t end = line.find('(', name);
        if (end != std::string::npos && line[name] != '<') names.push_back(line.substr(name, end - name));  // no "<... resumed>"
    }
    return names;
}

bool is_stat(const std::string& call) {
    return call.find("stat") != std::string::npos;
}

/// Asks for recipients until one is answered without more than a stat: the file is in memory now.
bool comes_into_memory(const DaemonProcess& daemon, MilterClient& session) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (std::chrono::steady_clock::now() < deadline) {
        const auto before = static_cast<std::ptrdiff_t>(calls(daemon).size());
        session.rcpt("<a@b.example>");
        const auto all = calls(daemon);
        if (std::all_of(all.begin() + before, all.end(), is_stat)) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    return false;
}

/// What naming `recipients` of them in `session` has the daemon ask, once each was answered so.
std::vector<std::string> calls_for(std::size_t recipients, char answer, const DaemonProcess& daemon, MilterClient& session) {
    const auto before = static_cast<std::ptrdiff_t>(calls(daemon).size());
    for (std::size_t i = 0; i < recipients; ++i) REQUIRE(session.rcpt("<a" + std::to_string(i) + "@b.example>")->letter == answer);
    const auto all = calls(daemon);
    return {all.begin() + before, all.end()};
}

MilterClient session_from(const DaemonProcess& daemon, const std::string& address) {
    auto session = daemon.client();
    session.macros = wired("other", "unknown");
    session.macros["{client_addr}"] = address;
    session.negotiate();
    session.connect("mail.c.example", address);
    session.mail("<s@c.example>");
    return session;
}

}  // namespace

TEST_CASE("a decision is one stat of an unchanged relayers.db and nothing else, whether it permits or refuses") {
    DaemonProcess daemon;
    make_database(daemon, "192.0.2.1");
    start_traced(daemon);
    auto user = session_from(daemon, "192.0.2.1");
    auto stranger = session_from(daemon, "192.0.2.9");
    REQUIRE(comes_into_memory(daemon, user));
    REQUIRE(std::ranges::count(calls(daemon), "openat") > 0);  // The witness sees what is more than a stat.
    for (const auto& calls : {calls_for(kRecipients, 'c', daemon, user), calls_for(kRecipients, 'y', daemon, stranger)}) {
        CHECK(calls.size() == kRecipients);
        CHECK(std::ranges::all_of(calls, is_stat));
    }
}
