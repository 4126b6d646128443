#include "milter/control_request.h"

#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "milter/control_path.h"
#include "policy/source/files/escaped.h"

namespace relay {
namespace {

std::string path_of(const Settings& settings) {
    std::string path = control_path(settings);
    if (path.empty()) throw NoAnswer{EX_UNAVAILABLE, "control = \"\": the daemon has no control socket"};
    if (access(path.c_str(), R_OK | W_OK) != 0 && errno != ENOENT)
        throw NoAnswer{errno == EACCES ? EX_NOPERM : EX_OSERR,
                       escaped(path) + ": " + std::strerror(errno) + (errno == EACCES ? "; only its owner and root may ask" : "")};
    return path;
}

}  // namespace

nlohmann::json ask_daemon(const Settings& settings, const char* path, const httplib::Params& parameters, bool changes) {
    const std::string socket = path_of(settings);
    httplib::Client client{socket};
    client.set_address_family(AF_UNIX);
    client.set_connection_timeout(std::chrono::seconds{2});
    client.set_read_timeout(std::chrono::seconds{30});
    const auto result = changes ? client.Post(path, parameters) : client.Get(path, parameters, httplib::Headers{});
    if (!result)
        throw NoAnswer{EX_UNAVAILABLE, escaped(socket) + ": no milter-relay answers there (" + httplib::to_string(result.error()) +
                                           "); is it running? systemctl status milter-relay"};
    if (result->status != 200) throw NoAnswer{EX_SOFTWARE, "the daemon says " + std::to_string(result->status) + ": " + escaped(result->body)};
    return nlohmann::json::parse(result->body);
}

}  // namespace relay
