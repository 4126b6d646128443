// The control socket: any bytes over the socket of a real server with the daemon's routes; it answers, or hangs up.
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "milter/control_routes.h"
#include "milter/log.h"
#include "tests/fuzz/limited.h"
#include "tests/fuzz/scratch_file.h"

using namespace relay;

namespace {

Settings settings() {
    Settings all;
    all.guard.on = true;
    all.limits = {fuzz::limit_named_x()};
    return all;
}

struct Control {
    fuzz::ScratchFile scratch;
    std::string path = scratch.directory() + "/control.sock";
    Server server;
    std::unique_ptr<ControlServer> control;

    Control() {
        open_log(LogTarget::standard_error);
        server.counts = std::make_shared<LimitStore>();
        server.service.set(std::make_shared<const Service>(settings(), server.counts));
        auto opened = ControlServer::open(path, control_routes(server, [] { return std::vector<std::string>{}; }));
        fuzz::expect(opened.index() == 0, "the control socket can be opened");
        control = std::get<0>(std::move(opened));
    }
};

int connected(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const int to = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    fuzz::expect(connect(to, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "somebody listens");
    return to;
}

/// All that comes back until the server hangs up.
std::string exchanged(int to, std::string_view request) {
    while (!request.empty()) {
        const auto sent = send(to, request.data(), request.size(), MSG_NOSIGNAL);
        if (sent <= 0) break;
        request.remove_prefix(static_cast<std::size_t>(sent));
    }
    shutdown(to, SHUT_WR);
    std::string answer;
    char some[4096];
    for (ssize_t got = 0; (got = recv(to, some, sizeof some, 0)) > 0;) answer.append(some, static_cast<std::size_t>(got));
    return answer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static Control& control = *new Control;  // Its threads run until the end.
    const int to = connected(control.path);
    const auto answer = exchanged(to, fuzz::text_of(bytes, size));
    close(to);
    fuzz::expect(answer.empty() || answer.starts_with("HTTP/1.1 "), "an answer is HTTP");
    fuzz::expect(!answer.starts_with("HTTP/1.1 500"), "no request makes a route throw");
    return 0;
}
