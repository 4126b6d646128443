// The control socket: HTTP/1.1 over a UNIX socket of the daemon's, for `milter-relay limits`, `release`, `status` and
// `reload`. Only its owner and root can open it (mode 0600).
//
// Never in the way of mail: it has two threads of its own, takes no lock of a recipient's way for longer than a copy, and
// bounds bodies and times. Header lines it does not: httplib has no bound for them, and root sends few. A request that fails is answered with 4xx or 5xx and one line of text.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>

#include "milter/socket.h"

namespace relay {

/// A request's parameters, from its query or its form.
using ControlParameters = std::map<std::string, std::string>;

struct ControlAnswer {
    int status = 200;
    std::string body;  ///< JSON with 200, else a line of text.
};

class ControlServer {
public:
    using Answer = std::function<ControlAnswer(const ControlParameters&)>;
    struct Route {
        bool changes = false;  ///< POST; else GET.
        std::string path;
        Answer answer;
    };

    /// Opens the socket and answers from now on. A fault when someone answers there already, or it cannot be made; what
    /// a dead process left there is replaced.
    static std::variant<std::unique_ptr<ControlServer>, SocketFault> open(const std::string& path, std::vector<Route> routes);

    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;
    ~ControlServer();
    /// Takes the socket's file away; requests under way may still be answered.
    void remove();

private:
    struct Parts;
    explicit ControlServer(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

}  // namespace relay
