// `milter-relay check-config`: would the daemon take this configuration?
#include <sysexits.h>
#include <unistd.h>

#include <ostream>

#include "milter/commands.h"
#include "policy/source/config/config_file.h"
#include "policy/source/config/config_text.h"
#include "policy/source/files/escaped.h"

namespace relay {
int check_config(const ConfigChoice& config, std::ostream& out, std::ostream& errors) {
    const bool is_missing = config.missing_is_default && access(config.file.c_str(), F_OK) != 0;
    const auto result = read_config_file(config.file, config.missing_is_default);
    if (const auto* faults = std::get_if<std::vector<ConfigError>>(&result)) {
        for (const auto& fault : *faults) errors << fault.message() << '\n';
        return EX_CONFIG;
    }
    const auto& settings = std::get<Settings>(result);
    out << escaped(config.file) << (is_missing ? ": ok (not there; these are the defaults)\n" : ": ok\n")
        << config_text(settings);
    return EX_OK;
}

}  // namespace relay
