#include "milter/control_server.h"

#include <httplib.h>
#include <sysexits.h>

#include <thread>

#include "milter/log.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/no_signals.h"

namespace relay {
namespace {

constexpr mode_t kMode = 0600;
constexpr std::size_t kThreads = 2;
constexpr std::size_t kMostBody = 16 * 1024;
constexpr std::chrono::seconds kPatience{2};

ControlParameters parameters_of(const httplib::Request& request) {
    ControlParameters parameters;
    for (const auto& [name, value] : request.params) parameters.emplace(name, value);
    return parameters;
}

httplib::Server::Handler handler_of(ControlServer::Answer answer) {
    return [answer = std::move(answer)](const httplib::Request& request, httplib::Response& response) {
        ControlAnswer said;
        try {
            said = answer(parameters_of(request));
        } catch (const std::exception& fault) {
            said = {500, fault.what()};
        }
        response.status = said.status;
        response.set_content(said.body, said.status == 200 ? "application/json" : "text/plain");
    };
}

void bound(httplib::Server& server) {
    server.new_task_queue = [] { return new httplib::ThreadPool{kThreads}; };
    server.set_payload_max_length(kMostBody);
    server.set_read_timeout(kPatience);
    server.set_write_timeout(kPatience);
    server.set_keep_alive_max_count(1);
}

}  // namespace

struct ControlServer::Parts {
    httplib::Server server;
    SocketFile file;
    std::thread thread;
};

ControlServer::ControlServer(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}

std::variant<std::unique_ptr<ControlServer>, SocketFault> ControlServer::open(const std::string& path, std::vector<Route> routes) {
    const SocketAddress address{SocketAddress::Family::local, path, {}, {}};
    if (auto fault = make_way(address)) return *std::move(fault);
    auto parts = std::make_unique<Parts>();
    bound(parts->server);
    for (Route& route : routes) {
        if (route.changes) parts->server.Post(route.path, handler_of(std::move(route.answer)));
        else parts->server.Get(route.path, handler_of(std::move(route.answer)));
    }
    parts->server.set_address_family(AF_UNIX);
    if (!parts->server.bind_to_port(path, 80))  // The port is not used; cpp-httplib wants one.
        return SocketFault{EX_OSERR, "cannot listen on the control socket " + escaped(path)};
    auto adopted = SocketFile::adopt(address, kMode);
    if (auto* fault = std::get_if<SocketFault>(&adopted)) return std::move(*fault);
    parts->file = std::get<SocketFile>(std::move(adopted));
    const NoSignals of_its_threads;
    parts->thread = std::thread{[&server = parts->server] { server.listen_after_bind(); }};
    return std::unique_ptr<ControlServer>{new ControlServer{std::move(parts)}};
}

ControlServer::~ControlServer() {
    remove();
    // stop() before the thread has come to listen would be forgotten.
    while (!parts_->server.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    parts_->server.stop();
    parts_->thread.join();
}

void ControlServer::remove() { parts_->file.remove(); }

}  // namespace relay
