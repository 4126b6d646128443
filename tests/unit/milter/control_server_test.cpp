#include "milter/control_server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "policy/source/files/descriptor.h"
#include "tests/support/catch.h"
#include "tests/unit/milter/temporary_directory.h"

using namespace relay;
using namespace relay::test;

namespace {

std::vector<ControlServer::Route> routes() {
    return {{false, "/echo", [](const ControlParameters& p) { return ControlAnswer{200, p.contains("key") ? p.at("key") : ""}; }},
            {true, "/fails", [](const ControlParameters&) -> ControlAnswer { throw std::runtime_error{"it broke"}; }}};
}

Descriptor connected(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    Descriptor to{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    REQUIRE(connect(to.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return to;
}

/// All that is answered to these bytes.
std::string answer(const std::string& path, const std::string& request) {
    const Descriptor to = connected(path);
    REQUIRE(write(to.get(), request.data(), request.size()) == static_cast<ssize_t>(request.size()));
    std::string all;
    char bytes[4096];
    for (ssize_t got = 0; (got = read(to.get(), bytes, sizeof bytes)) > 0;) all.append(bytes, static_cast<std::size_t>(got));
    return all;
}

std::string get(const std::string& path, const std::string& target) { return answer(path, "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n"); }

auto opened(const std::string& path) { return std::get<std::unique_ptr<ControlServer>>(ControlServer::open(path, routes())); }

}  // namespace

TEST_CASE("the control socket is its owner's alone, answers, and is gone at the end") {
    const TemporaryDirectory directory;
    const auto path = directory.path("control.sock");
    {
        const auto control = opened(path);
        struct stat status {};
        REQUIRE(stat(path.c_str(), &status) == 0);
        CHECK((status.st_mode & 07777) == 0600);
        CHECK(get(path, "/echo?key=a%20%25").ends_with("a %"));
        CHECK(get(path, "/nothing").starts_with("HTTP/1.1 404"));
        CHECK(get(path, "/fails").starts_with("HTTP/1.1 404"));
        CHECK(answer(path, "POST /fails HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").ends_with("it broke"));
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a live control socket is refused, a stale one replaced, and what is none is left alone") {
    const TemporaryDirectory directory;
    const auto path = directory.path("control.sock");
    {
        const auto control = opened(path);
        const auto second = ControlServer::open(path, routes());
        CHECK(std::get<SocketFault>(second).exit_code == EX_UNAVAILABLE);
        CHECK(get(path, "/echo?key=still").ends_with("still"));
    }
    {
        const Descriptor dead{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
        REQUIRE(bind(dead.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    }
    const auto control = opened(path);
    CHECK(get(path, "/echo?key=anew").ends_with("anew"));
    const auto file = directory.path("file");
    std::ofstream{file} << "mine";
    CHECK(std::get<SocketFault>(ControlServer::open(file, routes())).exit_code == EX_UNAVAILABLE);
    CHECK(std::filesystem::file_size(file) == 4);
}

TEST_CASE("a request that is too large, broken or never ends harms nobody else") {
    const TemporaryDirectory directory;
    const auto path = directory.path("control.sock");
    const auto control = opened(path);
    CHECK(answer(path, "\x01\x02\x03\r\n\r\n").find("200 OK") == std::string::npos);
    CHECK(answer(path, "POST /fails HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n").starts_with("HTTP/1.1 413"));
    const Descriptor slow = connected(path);
    CHECK(write(slow.get(), "GET /e", 6) == 6);
    CHECK(get(path, "/echo?key=quick").ends_with("quick"));
}
