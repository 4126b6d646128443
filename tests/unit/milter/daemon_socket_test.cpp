// The real daemon and its socket: whose place it takes, who may write to it, and what stays.
#include <netinet/in.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "tests/support/catch.h"
#include "tests/unit/milter/daemon_process.h"

namespace {

using namespace relay::test;

/// A port that was free a moment ago.
int free_port(int family) {
    const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_storage address{};
    address.ss_family = static_cast<sa_family_t>(family);
    socklen_t size = sizeof address;
    if (bind(fd, reinterpret_cast<const sockaddr*>(&address),
             family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6)) != 0)
        return 0;
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    close(fd);
    return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

}  // namespace

TEST_CASE("the socket has mode 0660 in a directory 0755, and is gone after a stop") {
    DaemonProcess daemon;
    daemon.start();
    struct stat file {}, directory {};
    REQUIRE(lstat(daemon.socket_file.c_str(), &file) == 0);
    REQUIRE(lstat(std::filesystem::path{daemon.socket_file}.parent_path().c_str(), &directory) == 0);
    CHECK((file.st_mode & 07777) == 0660);
    CHECK((directory.st_mode & 07777) == 0755);
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
    CHECK_FALSE(std::filesystem::exists(daemon.socket_file));
}

TEST_CASE("a second daemon does not take a live socket over") {
    DaemonProcess daemon, second;
    daemon.start();
    second.address = daemon.address;
    second.configure();
    CHECK(refused(second) == EX_UNAVAILABLE);
    CHECK(second.log().find("someone answers there") != std::string::npos);
    CHECK(first_answer(daemon) == 'c');
}

TEST_CASE("after kill -9 the socket that stayed is replaced") {
    DaemonProcess daemon;
    daemon.start();
    daemon.signal(SIGKILL);
    CHECK(daemon.wait() == -1);
    REQUIRE(std::filesystem::exists(daemon.socket_file));
    std::filesystem::remove(daemon.directory.path("log"));
    daemon.start();
    CHECK(first_answer(daemon) == 'c');
}

TEST_CASE("a file in the socket's place is left alone") {
    DaemonProcess daemon;
    daemon.socket_file = daemon.directory.write("precious", "text");
    daemon.address = "unix:" + daemon.socket_file;
    if (geteuid() == 0)
        REQUIRE(chown(std::filesystem::path{daemon.socket_file}.parent_path().c_str(), 65534, 65534) == 0);
    daemon.configure();
    CHECK(refused(daemon) == EX_UNAVAILABLE);
    CHECK(std::filesystem::file_size(daemon.socket_file) == 4);
}

TEST_CASE("local:, inet: and inet6: sockets are answered as unix: is") {
    DaemonProcess local, inet, inet6;
    local.address = "local:" + local.socket_file;
    inet.address = "inet:" + std::to_string(free_port(AF_INET)) + "@127.0.0.1";
    for (DaemonProcess* daemon : {&local, &inet}) {
        daemon->start();
        CHECK(first_answer(*daemon) == 'c');
    }
    const int port = free_port(AF_INET6);
    if (port == 0) return;  // a machine without IPv6
    inet6.address = "inet6:" + std::to_string(port) + "@::1";
    inet6.start();
    CHECK(first_answer(inet6) == 'c');
}

TEST_CASE("a socket that the service manager opened is served, and left to it") {
    DaemonProcess daemon;
    const auto path = daemon.directory.path("activated");
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(fd, 16) == 0);
    daemon.configure();
    daemon.spawn([&] {
        dup2(fd, 3);
        setenv("LISTEN_FDS", "1", 1);
        setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
    });
    REQUIRE(daemon.logs(" answers on fd:3"));
    daemon.address = "unix:" + path;
    CHECK(first_answer(daemon) == 'c');
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
    CHECK(std::filesystem::exists(path));
    close(fd);
}
