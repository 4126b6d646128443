// `milter-relay check-config`: would the daemon take this configuration?
#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <ostream>

#include "milter/commands.h"
#include "policy/source/config/config_file.h"
#include "policy/source/files/escaped.h"
#include "policy/verdict.h"

namespace relay {
namespace {

std::string_view layout_name(Layout layout) {
    switch (layout) {
        case Layout::timestamp: return "timestamp";
        case Layout::expiry: return "expiry";
        case Layout::presence: return "presence";
    }
    return "unknown";
}

std::string summary(const Settings& settings) {
    return fmt::format(
        "  listens on {}, as user {}\n"
        "  policy {} where sendmail passes none, mode {}\n"
        "  logins from {} ({}), for {} s\n",
        escaped(settings.socket), escaped(settings.user), name_of(settings.methods), name_of(settings.mode),
        escaped(settings.pop.database), layout_name(settings.pop.layout), settings.pop.window.count());
}

}  // namespace

int check_config(const ConfigChoice& config, std::ostream& out, std::ostream& errors) {
    const bool is_missing = config.missing_is_default && access(config.file.c_str(), F_OK) != 0;
    const auto result = read_config_file(config.file, config.missing_is_default);
    if (const auto* faults = std::get_if<std::vector<ConfigError>>(&result)) {
        for (const auto& fault : *faults) errors << fault.message() << '\n';
        return EX_CONFIG;
    }
    const auto& settings = std::get<Settings>(result);
    out << escaped(config.file) << (is_missing ? ": ok (not there; these are the defaults)\n" : ": ok\n")
        << summary(settings);
    return EX_OK;
}

}  // namespace relay
