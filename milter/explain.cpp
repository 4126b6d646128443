#include "milter/explain.h"

#include <sysexits.h>

#include <ostream>

#include "milter/explain_facts.h"
#include "milter/explanation.h"
#include "policy/source/config/config_file.h"

namespace relay {
namespace {

Explanation explained(const ExplainOptions& options, Settings settings) {
    const auto facts = facts_of(options);
    const auto now = options.at ? parse_time(*options.at)
                                : std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    if (options.database) settings.pop.database = *options.database;
    const Service service{settings};
    return {judge(service, facts.client, {options.from.value_or("<>"), 0}, options.to, getter_of(facts.macros), now),
            std::move(settings), now, facts.notes};
}

}  // namespace

int explain(const ExplainOptions& options, std::ostream& out, std::ostream& errors) try {
    auto config = read_config_file(options.config.file, options.config.missing_is_default);
    if (const auto* faults = std::get_if<std::vector<ConfigError>>(&config)) {
        for (const auto& fault : *faults) errors << fault.message() << '\n';
        return EX_CONFIG;
    }
    const auto explanation = explained(options, std::get<Settings>(std::move(config)));
    out << (options.json ? as_json(explanation) : as_text(explanation));
    return EX_OK;
} catch (const BadOption& fault) {
    errors << "milter-relay: " << fault.what() << '\n';
    return EX_DATAERR;
}

}  // namespace relay
