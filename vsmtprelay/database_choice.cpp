#include "vsmtprelay/database_choice.h"
#include "paths.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "policy/source/config/config_file.h"
#include "policy/source/files/escaped.h"
#include "policy/source/redis/redis_url.h"
#include "vsmtprelay/feed/never_recorded.h"

namespace relay {
namespace {

constexpr char kSystemFile[] = MILTER_RELAY_MAIL_DIR "/relayers.db";

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

/// Empty where the user has none of his own.
std::string own_database() {
    if (std::string named = environment("RELAYERS_DB"); !named.empty()) return named;
    const std::string home = environment("HOME");
    std::error_code error;
    if (std::string own = home + "/etc/relayers.db"; !home.empty() && std::filesystem::exists(own, error)) return own;
    return {};
}

/// What is wrong with the configuration is told, and put into `fault`.
Settings settings_in(const std::string& config, std::string& fault) {
    const auto read = read_config_file(config, config == kUsualConfig);
    if (const auto* settings = std::get_if<Settings>(&read)) return *settings;
    fault = std::get<std::vector<ConfigError>>(read).front().message();
    fmt::print(stderr, "vsmtprelay: {}; [pop] and [redis] are as if they were not there\n", fault);
    return {};
}

bool surely_names_a_file(const std::string& config) {
    const auto database = database_in_spite_of_errors(config);
    return database && !is_redis_url(*database);
}

}  // namespace

LoginDatabase choose_database(const std::optional<std::string>& named, const std::string& config, bool of_the_system) {
    std::string name = named ? *named : of_the_system ? std::string{} : own_database();
    if (!name.empty() && !is_redis_url(name)) return {.name = std::move(name)};
    std::string fault;
    Settings settings = settings_in(config, fault);
    const bool doubtful = !fault.empty() && name.empty() && !surely_names_a_file(config);
    if (name.empty()) name = is_redis_url(settings.pop.database) ? settings.pop.database : kSystemFile;
    return {.name = std::move(name), .window = settings.pop.window, .redis = std::move(settings.redis),
            .doubt = doubtful ? fault : std::string{}};
}

std::string bad_database_name(const std::string& name) {
    if (!is_redis_url(name)) return {};
    const auto parsed = parse_redis_url(name);
    const auto* wrong = std::get_if<std::string>(&parsed);
    // Behind an @ there may be a password before it.
    return wrong ? (name.find('@') == name.npos ? escaped(name) : std::string{"the URL"}) + ": " + *wrong : std::string{};
}

}  // namespace relay
