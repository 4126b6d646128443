#include "milter/control_client.h"

#include <fmt/format.h>
#include <httplib.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <ostream>

#include "milter/control_path.h"
#include "policy/source/config/config_file.h"
#include "policy/source/files/escaped.h"

namespace relay {
namespace {

using nlohmann::json;

/// Why there is no answer; the text goes to standard error.
struct NoAnswer {
    int exit_code;
    std::string text;
};

std::string path_of(const ConfigChoice& config) {
    const auto read = read_config_file(config.file, config.missing_is_default);
    if (const auto* faults = std::get_if<std::vector<ConfigError>>(&read)) {
        std::string text;
        for (const auto& fault : *faults) text += (text.empty() ? "" : "\n") + fault.message();
        throw NoAnswer{EX_CONFIG, text};
    }
    std::string path = control_path(std::get<Settings>(read));
    if (path.empty()) throw NoAnswer{EX_UNAVAILABLE, escaped(config.file) + ": control = \"\": the daemon has no control socket"};
    if (access(path.c_str(), R_OK | W_OK) != 0 && errno != ENOENT)
        throw NoAnswer{errno == EACCES ? EX_NOPERM : EX_OSERR,
                       escaped(path) + ": " + std::strerror(errno) + (errno == EACCES ? "; only its owner and root may ask" : "")};
    return path;
}

json asked(const ConfigChoice& config, const char* path, const httplib::Params& parameters, bool changes) {
    const std::string socket = path_of(config);
    httplib::Client client{socket};
    client.set_address_family(AF_UNIX);
    client.set_connection_timeout(std::chrono::seconds{2});
    client.set_read_timeout(std::chrono::seconds{30});
    const auto result = changes ? client.Post(path, parameters) : client.Get(path, parameters, httplib::Headers{});
    if (!result)
        throw NoAnswer{EX_UNAVAILABLE, escaped(socket) + ": no milter-relay answers there (" + httplib::to_string(result.error()) +
                                           "); is it running? systemctl status milter-relay"};
    if (result->status != 200) throw NoAnswer{EX_SOFTWARE, "the daemon says " + std::to_string(result->status) + ": " + escaped(result->body)};
    return json::parse(result->body);
}

/// Runs `command`; what goes wrong is told.
template <class Command>
int told(std::ostream& errors, Command command) {
    try {
        return command();
    } catch (const NoAnswer& no) {
        errors << "milter-relay: " << no.text << '\n';
        return no.exit_code;
    } catch (const json::exception& fault) {
        errors << "milter-relay: the daemon's answer is not understood: " << escaped(fault.what()) << "; is it of another version?\n";
        return EX_PROTOCOL;
    }
}

std::string text(const json& object, const char* key) { return object.at(key).get<std::string>(); }
std::int64_t number(const json& object, const char* key) { return object.at(key).get<std::int64_t>(); }

void print_fills(const json& fills, std::ostream& out) {
    if (fills.empty()) return;
    out << fmt::format("{:<32} {:<24} {:>11} {:>8}\n", "KEY", "LIMIT", "USED", "WAIT");
    for (const json& fill : fills)
        out << fmt::format("{:<32} {:<24} {:>11} {:>8}\n", text(fill, "key"), text(fill, "limit"),
                           fmt::format("{}/{}", number(fill, "used"), number(fill, "burst")),
                           number(fill, "wait_seconds") == 0 ? "" : fmt::format("{} s", number(fill, "wait_seconds")));
}

void print_brakes(const json& brakes, std::ostream& out) {
    for (const json& brake : brakes)
        out << fmt::format("{} is on the brake ({}), {}\n", text(brake, "login"), text(brake, "why"),
                           brake.at("left_seconds").is_null() ? "until it is released"
                                                              : fmt::format("for {} s", number(brake, "left_seconds")));
}

}  // namespace

int show_limits(const ControlOptions& options, const std::string& key, std::ostream& out, std::ostream& errors) {
    return told(errors, [&] {
        const json answer = asked(options.config, "/limits", {{"key", key}}, false);
        if (options.json) return out << answer.dump() << '\n', EX_OK;
        print_fills(answer.at("limits"), out);
        print_brakes(answer.at("brakes"), out);
        if (answer.at("limits").empty() && answer.at("brakes").empty())
            out << (key.empty() ? "nothing is counted just now\n" : "nothing is counted of " + escaped(key) + " just now\n");
        if (number(answer, "forgotten") != 0)
            out << fmt::format("{} times a key was forgotten because a table was full\n", number(answer, "forgotten"));
        return EX_OK;
    });
}

int reset_limit(const ControlOptions& options, const std::string& key, std::ostream& out, std::ostream& errors) {
    return told(errors, [&] {
        const json answer = asked(options.config, "/limits/reset", {{"key", key}}, true);
        if (number(answer, "reset") == 0) throw NoAnswer{EX_DATAERR, "no limit knows " + escaped(key)};
        out << fmt::format("{} begins anew in {} limits\n", escaped(key), number(answer, "reset"));
        return EX_OK;
    });
}

int release_login(const ControlOptions& options, const std::string& login, std::ostream& out, std::ostream& errors) {
    return told(errors, [&] {
        const json answer = asked(options.config, "/release", {{"login", login}}, true);
        if (!answer.at("released").get<bool>()) throw NoAnswer{EX_DATAERR, escaped(login) + " is not on the brake"};
        out << escaped(login) << " is released\n";
        return EX_OK;
    });
}

int show_status(const ControlOptions& options, std::ostream& out, std::ostream& errors) {
    return told(errors, [&] {
        const json answer = asked(options.config, "/status", {}, false);
        if (options.json) return out << answer.dump() << '\n', EX_OK;
        out << fmt::format("milter-relay {}, up {} s, {} sessions, {} in flight\n", text(answer, "version"),
                           number(answer, "uptime_seconds"), number(answer, "sessions"), number(answer, "in_flight"));
        for (const auto& [via, reasons] : answer.at("verdicts").items())
            for (const auto& [reason, count] : reasons.items())
                out << fmt::format("  via {:<8} reason {:<24} {:>10}\n", via, reason, count.get<std::int64_t>());
        return EX_OK;
    });
}

int reload_daemon(const ControlOptions& options, std::ostream& out, std::ostream& errors) {
    return told(errors, [&] {
        const json answer = asked(options.config, "/reload", {}, true);
        for (const json& error : answer.at("errors")) errors << error.get<std::string>() << '\n';
        if (!answer.at("errors").empty()) return EX_CONFIG;
        out << "read; new connections go by it\n";
        return EX_OK;
    });
}

}  // namespace relay
