#include "milter/socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "tests/support/catch.h"
#include "tests/unit/milter/temporary_directory.h"

namespace {

using namespace relay;
using relay::test::TemporaryDirectory;

SocketAddress parsed(std::string_view text) {
    return std::get<SocketAddress>(parse_socket(text));
}

/// A listening (or only bound) UNIX socket.
int bound(const std::string& path, bool listens) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    if (listens) REQUIRE(listen(fd, 1) == 0);
    return fd;
}

mode_t mode_of(const std::string& path) {
    struct stat found {};
    REQUIRE(lstat(path.c_str(), &found) == 0);
    return found.st_mode & 07777;
}

}  // namespace

TEST_CASE("each kind of socket is taken apart, and said to libmilter in its words") {
    CHECK(parsed("unix:/run/x.sock").text() == "local:/run/x.sock");
    CHECK(parsed("local:/run/x.sock").path == "/run/x.sock");
    CHECK(parsed("inet:8899@127.0.0.1").text() == "inet:8899@127.0.0.1");
    CHECK(parsed("inet6:8899@::1").host == "::1");
    CHECK(parsed("inet6:8899@::1").text() == "inet6:8899@[::1]");
    CHECK(parsed("inet6:8899@[::1]").host == "::1");
    CHECK(parsed("fd:3").text() == "fd:3");
    CHECK(parsed("inet:25@localhost").port == "25");
}

TEST_CASE("an address that is none is a configuration fault that quotes it escaped") {
    for (const char* bad : {"", "unix", "unix:", "unix:relative", "inet:8899", "inet:0@127.0.0.1",
                            "inet:99999@127.0.0.1", "fd:0", "tcp:1@x"}) {
        INFO(bad);
        const auto result = parse_socket(bad);
        REQUIRE(std::holds_alternative<SocketFault>(result));
        CHECK(std::get<SocketFault>(result).exit_code == EX_CONFIG);
    }
    CHECK(std::get<SocketFault>(parse_socket("unix:\n")).text.find("\\x0a") != std::string::npos);
}

TEST_CASE("a socket is handed over only to the process that it is meant for") {
    const auto with = [](const std::string& process, const char* count) {
        setenv("LISTEN_PID", process.c_str(), 1);
        setenv("LISTEN_FDS", count, 1);
        const auto found = handed_over_socket();
        unsetenv("LISTEN_PID");
        unsetenv("LISTEN_FDS");
        return found;
    };
    const auto ours = std::to_string(getpid());
    REQUIRE(with(ours, "1"));
    CHECK(with(ours, "1")->text() == "fd:3");
    CHECK_FALSE(with("1", "1"));
    CHECK_FALSE(with(ours, "2"));
    CHECK_FALSE(with(ours, ""));
    CHECK_FALSE(handed_over_socket());
}

TEST_CASE("the way is free where nothing is") {
    const TemporaryDirectory directory;
    CHECK_FALSE(make_way(parsed("unix:" + directory.path("s"))));
}

TEST_CASE("a stale socket is removed") {
    const TemporaryDirectory directory;
    const auto path = directory.path("s");
    close(bound(path, true));
    REQUIRE(std::filesystem::exists(path));
    CHECK_FALSE(make_way(parsed("unix:" + path)));
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a socket where someone answers is left alone, and is a fault") {
    const TemporaryDirectory directory;
    const auto path = directory.path("s");
    const int live = bound(path, true);
    const auto fault = make_way(parsed("unix:" + path));
    close(live);
    REQUIRE(fault);
    CHECK(fault->exit_code == EX_UNAVAILABLE);
    CHECK(std::filesystem::exists(path));
}

TEST_CASE("a file or a symbolic link that is not a socket is left alone, and is a fault") {
    const TemporaryDirectory directory;
    const auto path = directory.write("s", "precious");
    REQUIRE(make_way(parsed("unix:" + path)));
    CHECK(std::filesystem::file_size(path) == 8);
    const auto link = directory.path("link");
    std::filesystem::create_symlink("nowhere", link);
    REQUIRE(make_way(parsed("unix:" + link)));
    CHECK(std::filesystem::is_symlink(link));
}

TEST_CASE("a directory that is missing is a fault that names it") {
    const auto fault = make_way(parsed("unix:/nonexistent-directory/s"));
    REQUIRE(fault);
    CHECK(fault->text == "cannot make a socket in /nonexistent-directory: No such file or directory");
}

TEST_CASE("a port where someone listens is a fault, a free one is not") {
    const int live = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    socklen_t size = sizeof address;
    REQUIRE(bind(live, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    REQUIRE(listen(live, 1) == 0);
    getsockname(live, reinterpret_cast<sockaddr*>(&address), &size);
    const auto where = parsed("inet:" + std::to_string(ntohs(address.sin_port)) + "@127.0.0.1");
    CHECK(make_way(where)->exit_code == EX_UNAVAILABLE);
    close(live);
    CHECK_FALSE(make_way(where));
}

TEST_CASE("the last directory is made with mode 0755 whatever the umask, those above it are not") {
    const TemporaryDirectory directory;
    const auto old = umask(077);
    CHECK_FALSE(make_socket_directory(parsed("unix:" + directory.path("run/s")), getuid(), getgid()));
    CHECK(make_socket_directory(parsed("unix:" + directory.path("a/b/s")), getuid(), getgid())->exit_code == EX_OSERR);
    umask(old);
    CHECK(mode_of(directory.path("run")) == 0755);
    CHECK_FALSE(std::filesystem::exists(directory.path("a")));
}

TEST_CASE("a directory that is there keeps its mode and owner") {
    const TemporaryDirectory directory;
    std::filesystem::create_directory(directory.path("run"));
    chmod(directory.path("run").c_str(), 0700);
    CHECK_FALSE(make_socket_directory(parsed("unix:" + directory.path("run/s")), 12345, 12345));
    CHECK(mode_of(directory.path("run")) == 0700);
}

TEST_CASE("an adopted socket has mode 0660 and is removed at the end") {
    const TemporaryDirectory directory;
    const auto path = directory.path("s");
    const int live = bound(path, true);
    auto file = std::get<SocketFile>(SocketFile::adopt(parsed("unix:" + path)));
    CHECK(mode_of(path) == 0660);
    file.remove();
    CHECK_FALSE(std::filesystem::exists(path));
    close(live);
}

TEST_CASE("another one's socket in its place is not removed") {
    const TemporaryDirectory directory;
    const auto path = directory.path("s");
    const int ours = bound(path, true);
    auto file = std::get<SocketFile>(SocketFile::adopt(parsed("unix:" + path)));
    std::filesystem::rename(path, directory.path("old"));
    const int theirs = bound(path, true);
    file.remove();
    CHECK(std::filesystem::exists(path));
    close(ours);
    close(theirs);
}
