#include "milter/explain.h"

#include <sysexits.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <ostream>

#include "milter/daemon_counts.h"
#include "milter/explain_facts.h"
#include "milter/explanation.h"
#include "policy/source/config/config_file.h"

namespace relay {
namespace {

/// Sendmail's $j, most often; empty where it certainly is not.
std::string this_host() {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0 || !std::strchr(name.data(), '.')) return {};
    return name.data();
}

Explanation explained(const ExplainOptions& options, Settings settings) {
    auto facts = facts_of(options, this_host());
    const auto now = options.at ? parse_time(*options.at)
                                : std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    if (options.database) settings.pop.database = *options.database;
    const Service service{settings, std::make_shared<const DaemonCounts>(settings, facts.notes)};
    const Message message{options.from.value_or("<>"), options.recipients_before, options.recipients_before != 0};
    auto judged = judge(service, facts.client, message, options.to, getter_of(facts.macros), now);
    return {std::move(judged), std::move(settings), now, std::move(facts.notes)};
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
