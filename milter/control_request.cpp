#include "milter/control_request.h"

#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "milter/control_asking.h"
#include "milter/control_path.h"
#include "policy/source/config/config_file.h"
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

Settings settings_of(const ConfigChoice& config) {
    auto read = read_config_file(config.file, config.missing_is_default);
    if (auto* settings = std::get_if<Settings>(&read)) return std::move(*settings);
    std::string text;
    for (const auto& fault : std::get<std::vector<ConfigError>>(read)) text += (text.empty() ? "" : "\n") + fault.message();
    throw NoAnswer{EX_CONFIG, text};
}

}  // namespace

nlohmann::json asked(const ConfigChoice& config, const char* path, const httplib::Params& parameters, bool changes) {
    return ask_daemon(settings_of(config), path, parameters, changes);
}

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
