#include "milter/doctor/milter_probe.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "tests/support/catch.h"
#include "tests/unit/milter/temporary_directory.h"

namespace relay::doctor {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

SocketAddress local(const std::string& path) { return {SocketAddress::Family::local, path, {}, {}}; }

/// What the probe makes of somebody who answers with these bytes and then stays silent.
std::string fault_after(const std::string& answer, bool closes = false) {
    const test::TemporaryDirectory directory;
    const auto path = directory.path("s");
    const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, path.c_str(), path.size() + 1);
    REQUIRE(::bind(listener, reinterpret_cast<sockaddr*>(&name), sizeof name) == 0);
    REQUIRE(::listen(listener, 1) == 0);
    std::thread peer{[&] {
        const int session = ::accept(listener, nullptr, nullptr);
        CHECK(::write(session, answer.data(), answer.size()) == static_cast<ssize_t>(answer.size()));
        if (closes) ::shutdown(session, SHUT_RDWR);
        char byte = 0;
        while (::read(session, &byte, 1) > 0) {}
        ::close(session);
    }};
    const auto result = probe_milter(local(path), 300ms);
    peer.join();
    ::close(listener);
    if (const auto* fault = std::get_if<ProbeFault>(&result)) return fault->text;
    return "version " + std::to_string(std::get<MilterAnswer>(result).version);
}

TEST_CASE("a milter says its version") {
    CHECK(fault_after("\0\0\0\x0dO\0\0\0\x06\0\0\0\0\0\0\0\0"s) == "version 6");
    CHECK(fault_after("\0\0\0\x0fO\0\0\0\x02\0\0\0\0\0\0\0\0xx"s) == "version 2");
}

TEST_CASE("somebody else is not taken for a milter") {
    CHECK(fault_after("220 mx.example ESMTP\r\n") == "somebody listens there who is no milter");
    CHECK(fault_after("\xff\xff\xff\xffO............"s) == "somebody listens there who is no milter");
    CHECK(fault_after("\0\0\0\x02O............"s) == "somebody listens there who is no milter");
    CHECK(fault_after("\0\0"s) == "somebody listens there and does not negotiate");
    CHECK(fault_after("", true) == "somebody listens there and does not negotiate");
}

TEST_CASE("nobody there is the system's word") {
    const test::TemporaryDirectory directory;
    const auto result = probe_milter(local(directory.path("none")), 300ms);
    REQUIRE(std::holds_alternative<ProbeFault>(result));
    CHECK(std::get<ProbeFault>(result).error == ENOENT);
    const auto refused = probe_milter({SocketAddress::Family::inet, {}, "127.0.0.1", "1"}, 300ms);
    REQUIRE(std::holds_alternative<ProbeFault>(refused));
    CHECK(std::get<ProbeFault>(refused).error == ECONNREFUSED);
}

}  // namespace
}  // namespace relay::doctor
