#include "vsmtprelay/feed/never_recorded.h"

#include <utility>
#include <variant>

#include "policy/source/config/config_file.h"
#include "policy/source/own_networks.h"

namespace relay {
namespace {

constexpr std::size_t kMostTold = 1000;

}  // namespace

NeverRecorded::NeverRecorded(Log log, const PopSettings& pop) : log_{std::move(log)} {
    set(pop);
}

void NeverRecorded::set(const PopSettings& pop) {
    networks_ = never_networks(pop);
    by_default_ = !pop.never;
}

bool NeverRecorded::drops(const LoginEvent& event, const std::optional<Address>& local) {
    if (!in_any(networks_, event.client) && !(by_default_ && event.client == local)) return false;
    if (told_.size() < kMostTold && told_.insert(event.client).second)
        log_("logins from " + event.client.text() + " are not recorded: [pop] never");
    return true;
}

PopSettings pop_settings(const std::string& path, std::string& fault) {
    const auto read = read_config_file(path, path == kUsualConfig);
    if (const auto* settings = std::get_if<Settings>(&read)) return settings->pop;
    fault = std::get<std::vector<ConfigError>>(read).front().message();
    return {};
}

}  // namespace relay
