// The real daemon when the system has no descriptor or no thread left, and in the moments between two daemons.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/sanitized.h"
#include "tests/unit/milter/daemon_process.h"

namespace {

using namespace relay::test;
namespace fs = std::filesystem;

std::string of_process(const DaemonProcess& daemon, const char* file) {
    std::ifstream stream{"/proc/" + std::to_string(daemon.pid()) + "/" + file};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

/// Processor time of the daemon until now.
std::chrono::milliseconds used(const DaemonProcess& daemon) {
    const std::string stat = of_process(daemon, "stat");
    std::istringstream fields{stat.substr(stat.rfind(')') + 2)};
    std::string skipped;
    for (int field = 3; field < 14; ++field) fields >> skipped;
    long user = 0;
    long system = 0;
    fields >> user >> system;
    return std::chrono::milliseconds{(user + system) * 1000 / sysconf(_SC_CLK_TCK)};
}

rlim_t address_space(const DaemonProcess& daemon) {
    std::istringstream pages{of_process(daemon, "statm")};
    rlim_t count = 0;
    pages >> count;
    return count * static_cast<rlim_t>(sysconf(_SC_PAGESIZE));
}

/// Starts it with no more of `what` than `most`, which it cannot raise.
void start_with(DaemonProcess& daemon, decltype(RLIMIT_AS) what, rlim_t most) {
    daemon.configure();
    daemon.spawn([what, most] {
        const rlimit limit{most, most};
        setrlimit(what, &limit);
    });
    REQUIRE(daemon.logs(" answers on "));
}

bool answered(MilterClient& client, const char* from = "192.0.2.1") {
    client.macros = wired("ours", "unknown");
    client.negotiate();
    client.connect("mail.c.example", from);
    client.mail("<s@c.example>");
    return client.rcpt("<a@b.example>")->letter == 'c';
}

/// A socket that outlives its daemons, as systemd keeps one.
class HandedOver {
public:
    explicit HandedOver(const std::string& path) : descriptor_{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        REQUIRE(bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        REQUIRE(listen(descriptor_, 1024) == 0);
        fs::permissions(path, fs::perms{0666});
    }
    ~HandedOver() { close(descriptor_); }
    HandedOver(const HandedOver&) = delete;
    HandedOver& operator=(const HandedOver&) = delete;

    void spawn(DaemonProcess& daemon) const {
        daemon.spawn([this] {
            dup2(descriptor_, 3);
            fcntl(3, F_SETFD, 0);  // Where it was 3 already.
            setenv("LISTEN_FDS", "1", 1);
            setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
        });
    }

private:
    int descriptor_;
};

}  // namespace

TEST_CASE("without descriptors new connections are dropped at once, the others go on, and nothing spins") {
    if (kSanitized) return;
    DaemonProcess daemon;
    make_database(daemon, "192.0.2.1");
    start_with(daemon, RLIMIT_NOFILE, 64);
    std::vector<MilterClient> sessions;
    for (int i = 0; i < 200; ++i) sessions.emplace_back(daemon.address);
    std::size_t served = 0;
    for (std::size_t i = 0; i < sessions.size(); ++i) {
        const bool logged_in = i % 2 == 0;
        try {
            served += answered(sessions[i], logged_in ? "192.0.2.1" : "192.0.2.9") ? 1 : 0;
        } catch (const std::runtime_error&) {  // Dropped, as it should be.
            continue;
        }
        sessions[i].macros = wired("other", "unknown");
        const Answer answer = *sessions[i].rcpt("<a@b.example>");
        INFO(answer.letter << answer.text);
        CHECK((answer.letter == 'y' || logged_in));
        CHECK((answer.text.empty() || answer.text[0] == '4' || !logged_in));
    }
    CHECK(served > 30);
    CHECK(served < 64);
    CHECK(daemon.logs("turned a connection away"));
    const auto before = used(daemon);
    std::this_thread::sleep_for(std::chrono::seconds{2});
    CHECK(used(daemon) - before <= std::chrono::milliseconds{40});
    sessions.clear();
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    for (int i = 0; i < 20; ++i) REQUIRE(first_answer(daemon) == 'c');
}

TEST_CASE("without room for more threads those that are there serve all, and no session is forgotten") {
    if (kSanitized) return;
    DaemonProcess plain;
    plain.start();
    DaemonProcess daemon;
    constexpr rlim_t kTwoThreads = 20U << 20;
    start_with(daemon, RLIMIT_AS, address_space(plain) + kTwoThreads);
    std::atomic<int> right{0}, dropped{0};
    std::vector<std::thread> users;
    for (int i = 0; i < 60; ++i)
        users.emplace_back([&] {
            for (int n = 0; n < 20; ++n) {
                try {
                    auto client = daemon.client();
                    right += answered(client) ? 1 : 0;
                } catch (const std::runtime_error& error) {
                    if (error.what() == std::string{"milter client: no answer"}) return;  // It hangs, and is missed.
                    ++dropped;  // No memory, where no thread was.
                }
            }
        });
    for (auto& user : users) user.join();
    CHECK(right + dropped == 60 * 20);
    CHECK(right > 60 * 19);
    CHECK(first_answer(daemon) == 'c');
}

TEST_CASE("100 restarts behind a socket that is handed over refuse no connection and lose no answer") {
    DaemonProcess daemon;
    const HandedOver socket{daemon.directory.path("activated")};
    daemon.configure();
    daemon.address = "unix:" + daemon.directory.path("activated");
    socket.spawn(daemon);
    std::atomic<bool> over{false};
    std::atomic<int> refused{0}, torn{0}, whole{0};
    std::vector<std::thread> users;
    for (int i = 0; i < 4; ++i)
        users.emplace_back([&] {
            while (!over) {
                bool connected = false;
                try {
                    auto client = daemon.client();
                    connected = true;
                    bool served = answered(client);
                    for (int n = 0; n < 5; ++n) served = served && client.rcpt("<a@b.example>")->letter == 'c';
                    ++(served ? whole : torn);
                } catch (const std::runtime_error&) {
                    refused += connected ? 0 : 1;
                    torn += connected ? 1 : 0;
                }
            }
        });
    int restarts = 0;
    while (restarts < 100) {
        if (first_answer(daemon) != 'c') break;
        std::this_thread::sleep_for(std::chrono::milliseconds{10});
        daemon.signal(SIGTERM);
        if (daemon.wait() != 0) break;
        ++restarts;
        socket.spawn(daemon);
    }
    over = true;
    for (auto& user : users) user.join();
    CHECK(restarts == 100);
    CHECK(refused == 0);
    CHECK(torn == 0);
    CHECK(whole > 200);
    CHECK(first_answer(daemon) == 'c');
}
