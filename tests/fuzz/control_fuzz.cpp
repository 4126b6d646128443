// The control socket: any bytes over the socket of a real server with the daemon's routes; it answers, or hangs up.
#include "milter/control_routes.h"
#include "milter/log.h"
#include "tests/fuzz/limited.h"
#include "tests/fuzz/local_socket.h"
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static Control& control = *new Control;  // Its threads run until the end.
    const auto answer = fuzz::answer_to(fuzz::text_of(bytes, size), control.path);
    fuzz::expect(answer.empty() || answer.starts_with("HTTP/1.1 "), "an answer is HTTP");
    fuzz::expect(!answer.starts_with("HTTP/1.1 500"), "no request makes a route throw");
    return 0;
}
