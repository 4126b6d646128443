#include "milter/control_path.h"

#include "milter/socket.h"

namespace relay {

std::string control_path(const Settings& settings) {
    if (settings.control) return *settings.control;
    std::string directory{"/run/milter-relay/"};
    const auto parsed = parse_socket(settings.socket);
    if (const auto* socket = std::get_if<SocketAddress>(&parsed); socket && socket->family == SocketAddress::Family::local)
        directory = socket->path.substr(0, socket->path.rfind('/') + 1);
    return directory + "control.sock";
}

}  // namespace relay
