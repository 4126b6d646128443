// Limits, guard and the control socket in the real daemon, asked by the real commands.
#include <signal.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "tests/support/catch.h"
#include "tests/unit/milter/daemon_process.h"

namespace {

using namespace relay::test;
using namespace std::chrono_literals;

Macros authenticated(const std::string& login, const std::string& client = "192.0.2.1") {
    Macros macros = wired("other", "auth");
    macros["{auth_type}"].assign("PLAIN");
    macros["{auth_authen}"] = login;
    macros["{client_addr}"] = client;
    return macros;
}

/// The answers' letters, or codes of replies, to one message's recipients.
std::string answers(MilterClient& client, int recipients) {
    std::string all;
    for (; recipients > 0; --recipients) {
        const auto answer = *client.rcpt("<friend@d.example>");
        all += (all.empty() ? "" : " ") + (answer.letter == 'y' ? answer.text.substr(0, 9) : std::string{answer.letter});
    }
    return all;
}

std::string answers(const DaemonProcess& daemon, const std::string& login, int recipients, const std::string& address = "192.0.2.1") {
    auto client = daemon.client();
    client.macros = authenticated(login, address);
    client.negotiate();
    client.connect("mail.c.example", address);
    client.mail("<s@c.example>");
    return answers(client, recipients);
}

std::string limited(const DaemonProcess& daemon, const std::string& more = "") {
    return "state = \"" + daemon.directory.path("state/limits") + "\"\n" + more +
           "\n[[limit]]\nname = \"hourly\"\nper = \"login\"\ncount = \"recipients\"\nmax = 3\nwithin = \"1h\"\n";
}

/// start() waits for a line of the log, so that the log has to begin anew.
void start_again(DaemonProcess& daemon, const std::string& more) {
    std::filesystem::remove(daemon.directory.path("log"));
    daemon.start(more);
}

struct Said {
    int exit_code = -1;
    std::string text;
};

Said command(const DaemonProcess& daemon, const std::string& words) {
    const auto split = words.find(' ');
    const std::string line = std::string{MILTER_RELAY_PROGRAM} + " " + words.substr(0, split) + " -c " + daemon.directory.path("c.toml") +
                             (split == words.npos ? "" : words.substr(split)) + " 2>&1";
    Said said;
    FILE* pipe = popen(line.c_str(), "r");
    std::array<char, 4096> bytes{};
    while (const auto got = fread(bytes.data(), 1, bytes.size(), pipe)) said.text.append(bytes.data(), got);
    const int status = pclose(pipe);
    said.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return said;
}

std::string read_whole(const std::string& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("recipients over a limit are deferred, shown, and free again after a reset") {
    DaemonProcess daemon;
    daemon.start(limited(daemon));
    CHECK(answers(daemon, "alice", 4) == "c c c 452 4.5.3");
    CHECK(answers(daemon, "bob", 1) == "c");
    const Said shown = command(daemon, "limits");
    CHECK(shown.exit_code == EX_OK);
    CHECK(contains(shown.text, "alice"));
    CHECK(contains(shown.text, "3/3"));
    CHECK(contains(shown.text, "1/3"));
    CHECK_FALSE(contains(command(daemon, "limits Alice").text, "bob"));
    CHECK(contains(command(daemon, "limits carol").text, "nothing is counted of carol"));
    CHECK(command(daemon, "limits --reset carol").exit_code == EX_DATAERR);
    CHECK(command(daemon, "limits --reset alice").exit_code == EX_OK);
    CHECK(answers(daemon, "alice", 1) == "c");
    CHECK(daemon.logs("alert: limit hourly is reached: user=alice client=192.0.2.1"));
}

TEST_CASE("counts outlive a restart and a reload, and a damaged file does not keep the daemon from starting") {
    DaemonProcess daemon;
    daemon.start(limited(daemon));
    CHECK(answers(daemon, "alice", 3) == "c c c");
    CHECK(command(daemon, "reload").exit_code == EX_OK);
    CHECK(answers(daemon, "alice", 1) == "452 4.5.3");
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
    struct stat status {};
    REQUIRE(stat(daemon.directory.path("state/limits").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
    CHECK_FALSE(std::filesystem::exists(daemon.directory.path("run/control.sock")));
    start_again(daemon, limited(daemon));
    CHECK(answers(daemon, "alice", 1) == "452 4.5.3");
    daemon.signal(SIGKILL);
    daemon.wait();
    daemon.directory.write("state/limits", "no state");
    start_again(daemon, limited(daemon));
    CHECK(daemon.logs("it is no state of limits; it is kept as"));
    CHECK(answers(daemon, "alice", 1) == "c");
}

TEST_CASE("a message counts once, at its first recipient that is permitted") {
    DaemonProcess daemon;
    daemon.start("state = \"" + daemon.directory.path("state/limits") +
                 "\"\n[[limit]]\nper = \"login\"\ncount = \"messages\"\nmax = 2\nwithin = \"1h\"\n");
    CHECK(answers(daemon, "alice", 5) == "c c c c c");
    CHECK(answers(daemon, "alice", 2) == "c c");
    CHECK(answers(daemon, "alice", 2) == "451 4.7.1 451 4.7.1");
}

TEST_CASE("a login from too many networks is braked, until it is released") {
    DaemonProcess daemon;
    const auto out = daemon.directory.path("run/alert");
    daemon.start("state = \"" + daemon.directory.path("state/limits") + "\"\n[guard]\nnetworks = 2\nwithin = \"1h\"\nhold = \"0\"\n"
                 "[alert]\ncommand = [\"/bin/sh\", \"-c\", \"cat > " + out + "; sleep 1000\"]\n");
    CHECK(answers(daemon, "alice", 1, "192.0.2.1") == "c");
    CHECK(answers(daemon, "alice", 1, "198.51.100.1") == "c");
    CHECK(answers(daemon, "alice", 1, "203.0.113.1").starts_with("4"));
    CHECK(answers(daemon, "alice", 1, "192.0.2.1").starts_with("4"));
    CHECK(answers(daemon, "bob", 1, "192.0.2.1") == "c");
    CHECK(daemon.logs("alert: login on the brake (3 networks within 3600 s): user=alice client=203.0.113.1"));
    CHECK(contains(command(daemon, "limits").text, "alice is on the brake (3 networks within 3600 s), until it is released"));
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
    CHECK(contains(read_whole(out), "\"kind\":\"braked\""));
    start_again(daemon, "state = \"" + daemon.directory.path("state/limits") + "\"\n[guard]\nnetworks = 2\n");
    CHECK(answers(daemon, "alice", 1, "192.0.2.1").starts_with("4"));
    CHECK(command(daemon, "release alice").exit_code == EX_OK);
    CHECK(command(daemon, "release alice").exit_code == EX_DATAERR);
    CHECK(answers(daemon, "alice", 1, "192.0.2.1") == "c");
}

TEST_CASE("refusals and limit hits of a login brake it, and the alert comes with the one that does") {
    DaemonProcess daemon;
    daemon.start(limited(daemon, "[guard]\nnetworks = 0\nrefusals = 2\nlimit_hits = 2\n[sender]\nmode = \"self\"\n"));
    auto client = daemon.client();
    client.macros = authenticated("bob");
    client.negotiate();
    client.connect("mail.c.example", "192.0.2.1");
    client.mail("<alice@c.example>");
    CHECK(answers(client, 2) == "553 5.7.1 553 5.7.1");
    CHECK_FALSE(contains(daemon.log(), "alert:"));
    CHECK(answers(client, 1) == "553 5.7.1");
    CHECK(daemon.logs("alert: login on the brake (more than 2 refusals within 3600 s): user=bob client=192.0.2.1"));
    client.mail("<bob>");
    CHECK(answers(client, 1) == "451 4.7.1");
    CHECK(contains(command(daemon, "limits bob").text, "bob is on the brake (more than 2 refusals within 3600 s), for 3"));
    client.macros = authenticated("s@c.example");
    client.mail("<s@c.example>");
    CHECK(answers(client, 7) == "c c c 452 4.5.3 452 4.5.3 452 4.5.3 451 4.7.1");
    CHECK(daemon.logs("alert: login on the brake (more than 2 limit hits within 3600 s): user=s@c.example"));
    CHECK(command(daemon, "release s@c.example").exit_code == EX_OK);
    CHECK(answers(client, 1) == "452 4.5.3");
}

TEST_CASE("refusals count, and too many of them stop what would have been permitted") {
    DaemonProcess daemon;
    daemon.start("state = \"" + daemon.directory.path("state/limits") +
                 "\"\n[[limit]]\nper = \"client\"\ncount = \"refusals\"\nmax = 2\nwithin = \"1h\"\n");
    auto stranger = in_message(daemon, wired("other", "unknown"));
    CHECK(answers(stranger, 1).starts_with("550"));
    CHECK(answers(daemon, "alice", 1) == "c");
    CHECK(answers(stranger, 3) == "550 5.7.1 550 5.7.1 550 5.7.1");
    CHECK(answers(daemon, "alice", 1) == "451 4.7.1");
    CHECK(answers(daemon, "alice", 1, "192.0.2.2") == "c");
}

TEST_CASE("a limit in monitor mode only says what it would have done") {
    DaemonProcess daemon;
    daemon.start(limited(daemon) + "mode = \"monitor\"\n");
    CHECK(answers(daemon, "alice", 5) == "c c c c c");
    CHECK(daemon.logs("would=over_recipient_limit limit=hourly"));
}

TEST_CASE("status tells what was done, reload every error, and neither needs limits") {
    DaemonProcess daemon;
    daemon.start();
    CHECK(answers(daemon, "alice", 2) == "c c");
    const Said status = command(daemon, "status");
    CHECK(status.exit_code == EX_OK);
    CHECK(contains(status.text, "\nauth "));
    CHECK(contains(status.text, "authenticated"));
    CHECK(contains(command(daemon, "status --json").text, "\"auth\":{\"authenticated\":2}"));
    CHECK(contains(command(daemon, "limits").text, "nothing is counted just now"));
    CHECK_FALSE(std::filesystem::exists(daemon.directory.path("state")));
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
    const Said nobody = command(daemon, "status");
    CHECK(nobody.exit_code == EX_UNAVAILABLE);
    CHECK(contains(nobody.text, "no milter-relay answers there"));
}

TEST_CASE("a second daemon with the same control socket is refused, and the counts stay the first one's") {
    DaemonProcess first, second;
    first.start(limited(first));
    CHECK(answers(first, "alice", 3) == "c c c");
    second.configure("control = \"" + first.directory.path("run/control.sock") + "\"\n" + limited(first));
    CHECK(refused(second) == EX_UNAVAILABLE);
    CHECK_FALSE(std::filesystem::exists(first.directory.path("state/limits")));
    CHECK(command(first, "status").exit_code == EX_OK);
    CHECK(answers(first, "alice", 1) == "452 4.5.3");
}

TEST_CASE("no alert command outlives the daemon, nor does what it has started") {
    DaemonProcess daemon;
    const std::string pids = daemon.directory.path("run/pids");
    daemon.start("state = \"" + daemon.directory.path("state/limits") + "\"\n[alert]\ncommand = [\"/bin/sh\", \"-c\", \"sleep 1000 & echo $$ $! > " +
                 pids + "; wait\"]\n[[limit]]\nname = \"x\"\nper = \"login\"\ncount = \"recipients\"\nmax = 1\nwithin = \"1h\"\n");
    CHECK(answers(daemon, "alice", 2) == "c 452 4.5.3");
    pid_t shell = 0, sleeper = 0;
    for (int i = 0; i < 500 && sleeper == 0; ++i, std::this_thread::sleep_for(10ms)) std::ifstream{pids} >> shell >> sleeper;
    REQUIRE(sleeper != 0);
    CHECK(::kill(sleeper, 0) == 0);
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
    for (int i = 0; i < 500 && ::kill(sleeper, 0) == 0; ++i) std::this_thread::sleep_for(10ms);  // init takes it over first.
    CHECK(::kill(shell, 0) != 0);
    CHECK(::kill(sleeper, 0) != 0);
}

TEST_CASE("no alert command delays a recipient, whatever it does") {
    const auto command = GENERATE(as<std::string>{}, "[\"/bin/sleep\", \"1000\"]", "[\"/bin/sh\", \"-c\", \"sleep 1000 & exec sleep 1000\"]",
                                  "[\"/bin/false\"]", "[\"/no/such/program\"]", "[\"/dev/null\"]",
                                  "[\"/bin/sh\", \"-c\", \"kill -STOP $$\"]", "[\"/bin/sh\", \"-c\", \"exec cat /dev/zero\"]");
    INFO(command);
    constexpr int kLogins = 150;  // More than run and wait at once.
    DaemonProcess daemon;
    daemon.start("state = \"" + daemon.directory.path("state/limits") + "\"\n[alert]\ncommand = " + command +
                 "\n[[limit]]\nname = \"x\"\nper = \"login\"\ncount = \"recipients\"\nmax = 1\nwithin = \"1h\"\n");
    std::chrono::milliseconds longest{0};
    for (int i = 0; i < kLogins; ++i) {
        auto client = daemon.client();
        client.macros = authenticated("user" + std::to_string(i));
        client.negotiate();
        client.connect("mail.c.example", "192.0.2.1");
        client.mail("<s@c.example>");
        const auto begin = std::chrono::steady_clock::now();
        REQUIRE(answers(client, 2) == "c 452 4.5.3");
        longest = std::max(longest, std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin));
    }
    CHECK(longest < 2s);
    CHECK(daemon.logs("alert: limit x is reached: user=user" + std::to_string(kLogins - 1)));
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
}

TEST_CASE("reloads that change limits while recipients come lose no count, no answer and no lock") {
    DaemonProcess daemon;
    constexpr int kMost = 60, kThreads = 3;
    const auto configuration = [&](int turn) {
        std::string text = "state = \"" + daemon.directory.path("state/limits") + "\"\n[guard]\nnetworks = " + std::to_string(turn % 3) + "\n" +
                           "[[limit]]\nname = \"kept\"\nper = \"login\"\ncount = \"recipients\"\nwithin = \"100h\"\nmax = " + std::to_string(kMost) + "\n";
        for (int i = 0; i < turn % 5; ++i)
            text += "[[limit]]\nname = \"other" + std::to_string(turn) + std::to_string(i) +
                    "\"\nper = \"client\"\ncount = \"messages\"\nwithin = \"1h\"\nmax = 1000\n";
        return text;
    };
    daemon.start(configuration(0));
    std::atomic<int> permitted = 0, other = 0;
    std::atomic<bool> done = false;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t)
        threads.emplace_back([&] {
            while (!done) {
                const std::string said = answers(daemon, "alice", 2);
                permitted += static_cast<int>(std::count(said.begin(), said.end(), 'c'));
                if (said != "c c" && said != "c 452 4.5.3" && said != "452 4.5.3 452 4.5.3") ++other;
                std::this_thread::sleep_for(20ms);
            }
        });
    for (int turn = 1; turn < 40; ++turn) {
        daemon.configure(configuration(turn));
        CHECK(command(daemon, "reload").exit_code == EX_OK);
    }
    done = true;
    for (auto& thread : threads) thread.join();
    CHECK(other == 0);
    while (answers(daemon, "alice", 1) == "c") ++permitted;
    CHECK(permitted == kMost);
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
}
