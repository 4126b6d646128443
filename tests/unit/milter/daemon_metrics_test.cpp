// [metrics] and status in the real daemon.
#include <signal.h>
#include <sysexits.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/catch.h"
#include "tests/unit/milter/daemon_process.h"
#include "tests/unit/milter/tcp_visitor.h"

namespace {

using namespace relay::test;

std::string listening(const std::string& where) { return "[metrics]\nlisten = \"" + where + "\"\n"; }

std::string metrics(std::uint16_t port) {
    const Visitor visitor{port};
    visitor.say("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    return visitor.heard();
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

std::string status(const DaemonProcess& daemon) {
    const auto file = daemon.directory.path("status");
    const std::string line = std::string{MILTER_RELAY_PROGRAM} + " status -c " + daemon.directory.path("c.toml") + " >" + file + " 2>&1";
    REQUIRE(std::system(line.c_str()) == 0);
    std::ifstream said{file};
    return {std::istreambuf_iterator<char>{said}, {}};
}

}  // namespace

TEST_CASE("a recipient is in the metrics, and in the status with its look-up and the configuration") {
    DaemonProcess daemon;
    const auto port = free_port();
    daemon.start(listening("127.0.0.1:" + std::to_string(port)));
    CHECK_FALSE(contains(metrics(port), "milter_relay_verdicts_total{"));
    auto client = in_message(daemon, wired("other", "unknown"));
    static_cast<void>(client.rcpt("<friend@d.example>"));
    const auto seen = metrics(port);
    CHECK(contains(seen, "\nmilter_relay_verdicts_total{via=\"none\",reason="));
    CHECK(contains(seen, "\nmilter_relay_lookup_duration_seconds_count{source=\"pop.database\"} 1\n"));
    CHECK(contains(seen, "\nmilter_relay_sessions 1\n"));
    const auto said = status(daemon);
    CHECK(contains(said, "1 sessions, 1 messages in flight"));
    CHECK(contains(said, "configuration " + daemon.directory.path("c.toml") + ", read "));
    CHECK(contains(said, "\npop.database                  1 "));
    CHECK_FALSE(contains(said, "says something else since then"));
}

TEST_CASE("IPv6 is listened on as it is configured") {
    DaemonProcess daemon;
    const auto port = free_port();
    daemon.start(listening("[::1]:" + std::to_string(port)));
    const relay::Descriptor socket{::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_addr = in6addr_loopback;
    to.sin6_port = htons(port);
    CHECK(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
}

TEST_CASE("an address for metrics that is taken keeps the daemon from starting, says so, and leaves no socket behind") {
    DaemonProcess first;
    const auto where = "127.0.0.1:" + std::to_string(free_port());
    first.start(listening(where));
    DaemonProcess second;
    second.configure(listening(where));
    CHECK(refused(second) == EX_UNAVAILABLE);
    CHECK(contains(second.log(), "metrics: cannot listen on " + where + ": Address already in use; change or remove listen in [metrics]"));
    CHECK_FALSE(std::filesystem::exists(second.socket_file));
}

TEST_CASE("a reload leaves the address of the metrics as it was, and says that a new one needs a restart") {
    DaemonProcess daemon;
    const auto port = free_port();
    daemon.start(listening("127.0.0.1:" + std::to_string(port)));
    daemon.configure(listening("127.0.0.1:" + std::to_string(free_port())));
    CHECK(contains(status(daemon), "says something else since then; to take it: milter-relay reload"));
    daemon.signal(SIGHUP);
    CHECK(daemon.logs("metrics.listen needs a restart"));
    CHECK(daemon.logs("new connections go by it"));
    CHECK(contains(metrics(port), "HTTP/1.1 200 OK"));
    CHECK_FALSE(contains(status(daemon), "says something else since then"));
}

TEST_CASE("a configuration that is not taken is the last error of the configuration") {
    DaemonProcess daemon;
    daemon.start();
    daemon.configure("colour = 1\n");
    daemon.signal(SIGHUP);
    REQUIRE(daemon.logs("not taken"));
    daemon.configure();  // The command reads it as well, to find the daemon.
    const auto said = status(daemon);
    CHECK(contains(said, "last error of configuration, "));
    CHECK(contains(said, "colour: is unknown"));
}
