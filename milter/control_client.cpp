#include "milter/control_client.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <ostream>

#include "milter/control_asking.h"
#include "policy/source/files/escaped.h"

namespace relay {
namespace {

using nlohmann::json;

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
