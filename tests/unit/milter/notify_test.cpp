#include "milter/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/support/catch.h"
#include "tests/unit/milter/temporary_directory.h"

namespace {

/// What arrives at the socket named `name` (@: abstract) when the service manager is told.
std::string told(const std::string& name) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    REQUIRE(bind(fd, reinterpret_cast<const sockaddr*>(&address),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())) == 0);
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
    relay::notify_service_manager("READY=1");
    unsetenv("NOTIFY_SOCKET");
    char text[64];
    const auto size = read(fd, text, sizeof text);
    close(fd);
    return size < 0 ? "" : std::string(text, static_cast<std::size_t>(size));
}

}  // namespace

TEST_CASE("the service manager gets the state, at a path and at an abstract name") {
    const relay::test::TemporaryDirectory directory;
    CHECK(told(directory.path("notify")) == "READY=1");
    CHECK(told("@milter-relay-test-" + std::to_string(getpid())) == "READY=1");
}

TEST_CASE("without a service manager, and with a name too long, nothing happens") {
    unsetenv("NOTIFY_SOCKET");
    relay::notify_service_manager("READY=1");
    setenv("NOTIFY_SOCKET", std::string(500, 'x').c_str(), 1);
    relay::notify_service_manager("READY=1");
    unsetenv("NOTIFY_SOCKET");
    SUCCEED();
}
