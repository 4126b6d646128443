// Limits, guard and the control socket in the real daemon, asked by the real commands.
#include <signal.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

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
    CHECK(contains(status.text, "via auth"));
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
