// The life of the real daemon: start, reload, stop, and what it does to its socket and its rights.
#include "milter/daemon.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <sstream>
#include <thread>

#include "tests/support/catch.h"
#include "tests/unit/milter/daemon_process.h"

namespace {

using namespace relay::test;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// An idle daemon stops in 1 ms; libmilter alone needs 3.5 s. The thread sanitizer adds 1 s at the end of a process.
#ifdef __SANITIZE_THREAD__
constexpr auto kPrompt = 2s;
#else
constexpr auto kPrompt = 1s;
#endif

std::string status_line(pid_t pid, const std::string& name) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/status"};
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(name + ":")) return line.substr(name.size() + 1);
    return "";
}

}  // namespace

TEST_CASE("root rights are given up for good before the socket is opened") {
    INFO("only root has rights to give up: run the tests as root");
    REQUIRE(geteuid() == 0);
    DaemonProcess daemon;
    daemon.start();
    CHECK(status_line(daemon.pid(), "Uid") == "\t65534\t65534\t65534\t65534");
    CHECK(status_line(daemon.pid(), "Gid") == "\t65534\t65534\t65534\t65534");
    CHECK(status_line(daemon.pid(), "NoNewPrivs") == "\t1");
    CHECK(status_line(daemon.pid(), "CapEff") == "\t0000000000000000");
    struct stat file {};
    lstat(daemon.socket_file.c_str(), &file);
    CHECK(file.st_uid == 65534);
}

TEST_CASE("an idle daemon stops at once, on SIGTERM and on SIGINT") {
    for (const int number : {SIGTERM, SIGINT}) {
        DaemonProcess daemon;
        daemon.start();
        const auto begin = Clock::now();
        daemon.signal(number);
        CHECK(daemon.wait() == 0);
        CHECK(Clock::now() - begin < kPrompt);
    }
}

TEST_CASE("connections without an open message do not hold up a stop") {
    DaemonProcess daemon;
    daemon.start();
    auto client = daemon.client();
    client.negotiate();
    client.connect("mail.c.example", "192.0.2.1");
    const auto begin = Clock::now();
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
    CHECK(Clock::now() - begin < 2s);
}

TEST_CASE("an open message gets its answers before the end, and new connections are turned away") {
    DaemonProcess daemon;
    daemon.start();
    auto client = in_message(daemon, wired("other", "unknown"));
    auto early = daemon.client();
    CHECK(client.rcpt("<a@b.example>")->letter == 'y');
    daemon.signal(SIGTERM);
    for (int i = 0; i < 2000 && std::filesystem::exists(daemon.socket_file); ++i) std::this_thread::sleep_for(1ms);
    CHECK_FALSE(std::filesystem::exists(daemon.socket_file));
    CHECK_THROWS(early.negotiate());
    client.macros = wired("ours", "unknown");
    CHECK(client.rcpt("<a@b.example>")->letter == 'c');
    CHECK(client.end_of_message()->letter == 'c');
    const auto begin = Clock::now();
    CHECK(daemon.wait() == 0);
    CHECK(Clock::now() - begin < 2s);
}

TEST_CASE("a message that never ends holds up a stop for the grace only") {
    DaemonProcess daemon;
    daemon.start();
    auto client = in_message(daemon, wired("ours", "unknown"));
    const auto begin = Clock::now();
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
    CHECK(Clock::now() - begin >= relay::kGrace - 100ms);
    CHECK(daemon.logs("stopped with 1 messages open"));
}

TEST_CASE("SIGHUP is for new connections; those that began keep their configuration") {
    DaemonProcess daemon;
    daemon.start("policy = \"auth-only\"\n");
    auto before = in_message(daemon, wired("other", "unknown"));
    before.rcpt("<begun@b.example>");  // Connect and MAIL have no reply that says they were seen.
    daemon.configure("policy = \"pop-only\"\n");
    daemon.signal(SIGHUP);
    REQUIRE(daemon.logs("new connections go by it"));
    auto after = in_message(daemon, wired("other", "unknown"));
    after.rcpt("<after@b.example>");
    before.rcpt("<before@b.example>");
    CHECK(daemon.logs("to=<after@b.example> listener=MTA policy=pop-only"));
    CHECK(daemon.logs("to=<before@b.example> listener=MTA policy=auth-only"));
}

TEST_CASE("a bad configuration at SIGHUP changes nothing, and every error is in the log") {
    DaemonProcess daemon;
    daemon.start("policy = \"auth-only\"\n");
    daemon.configure("policy = \"everyone\"\nmode = 7\n");
    daemon.signal(SIGHUP);
    REQUIRE(daemon.logs("the configuration in force stays"));
    CHECK(daemon.logs(": policy: "));
    CHECK(daemon.logs(": mode: "));
    in_message(daemon, wired("other", "unknown")).rcpt("<a@b.example>");
    CHECK(daemon.logs("policy=auth-only"));
}

TEST_CASE("a storm of SIGHUP does not end the daemon") {
    DaemonProcess daemon;
    daemon.start();
    for (int i = 0; i < 500; ++i) daemon.signal(SIGHUP);
    CHECK_FALSE(daemon.wait(4500ms));
    CHECK(first_answer(daemon) == 'c');
}

TEST_CASE("what cannot start says why and has the exit code for it") {
    DaemonProcess daemon;
    daemon.directory.write("c.toml", "sokcet = 1\nmode = 7\n");
    CHECK(refused(daemon) == EX_CONFIG);
    CHECK(daemon.log().find("sokcet") != std::string::npos);
    CHECK(daemon.log().find("mode") != std::string::npos);
    INFO("only root has rights to give up: run the tests as root");
    REQUIRE(geteuid() == 0);
    daemon.directory.write("c.toml", "user = \"nobody-of-that-name\"\nsocket = \"" + daemon.address + "\"\n");
    CHECK(refused(daemon) == EX_CONFIG);
    daemon.address = "unix:/proc/milter.sock";
    daemon.configure();
    CHECK(refused(daemon) == EX_NOPERM);
}

TEST_CASE("a database whose directory is missing defers strangers and nobody else, and is logged once") {
    DaemonProcess daemon;
    daemon.database = "/nonexistent-directory/relayers.db";
    daemon.start();
    auto client = in_message(daemon, wired("other", "unknown"));
    for (int i = 0; i < 3; ++i) CHECK(client.rcpt("<a@b.example>")->text.starts_with("451 4.3.0 "));
    client.macros = wired("ours", "unknown");
    CHECK(client.rcpt("<a@b.example>")->letter == 'c');
    const auto log = daemon.log();
    const auto first = log.find("; deferring mail");
    REQUIRE(first != log.npos);
    CHECK(log.find("; deferring mail", first + 1) == log.npos);
}
