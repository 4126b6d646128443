#include "milter/doctor/checks.h"

namespace relay::doctor {
namespace {

constexpr Check kCf[] = {
    {"readable", check_cf_readable},     {"filter", check_filter},         {"flags", check_filter_flags},
    {"timeouts", check_filter_timeouts}, {"listeners", check_listeners},   {"rulesets", check_rulesets_called},
    {"open relay", check_open_relay},    {"site rules", check_site_rules}, {"delay_checks", check_delay_checks},
    {"mechanisms", check_mechanisms},    {"plaintext", check_plaintext},
};
constexpr Check kConfiguration[] = {{"errors", check_configuration}, {"secrecy", check_configuration_secrecy},
                                    {"account files", check_account_files}, {"limits", check_limit_store}};
constexpr Check kSocket[] = {{"file", check_socket_file}, {"negotiation", check_negotiation}};
constexpr Check kRelayers[] = {{"access", check_database_access}, {"writers", check_database_writers}, {"entries", check_database_entries}};
constexpr Check kFeed[] = {{"follower", check_feed}, {"last login", check_last_login}};
constexpr Check kSasl[] = {{"server", check_sasl}};

constexpr Group kGroups[] = {
    {"sendmail.cf", kCf},  {"configuration", kConfiguration},
    {"socket", kSocket},   {"relayers.db", kRelayers},
    {"login feed", kFeed}, {"Cyrus SASL", kSasl},
};

}  // namespace

std::span<const Group> groups() { return kGroups; }

Methods Machine::methods() const {
    const auto policy = cf ? cf->macro("relay_policy") : std::nullopt;
    const auto named = policy ? methods_named(*policy) : std::nullopt;
    return named.value_or(settings.methods);
}

}  // namespace relay::doctor
