// What every check starts from: the two configurations, read once, and what the admin asked for.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "milter/doctor/secret.h"
#include "milter/sendmail/sendmail_cf.h"
#include "policy/settings.h"
#include "policy/source/config/config_file.h"

namespace relay::doctor {

struct Machine {
    std::string config_file;
    bool config_is_missing = false;  ///< These are the defaults.
    Settings settings;               ///< The defaults too where the configuration has errors.
    std::vector<ConfigError> config_errors;

    std::string cf_file;
    std::optional<SendmailCf> cf;  ///< Nothing where it could not be read: checks of it are then silent.
    std::string cf_fault;

    std::optional<std::string> login;  ///< --auth
    const Secret* password = nullptr;  ///< ... and its password.
    std::chrono::sys_seconds now{};

    /// The policy in force: the feature's, or the configuration's.
    [[nodiscard]] Methods methods() const;
    [[nodiscard]] bool has_feature() const { return cf && cf->ruleset("MilterRelay_check"); }
};

}  // namespace relay::doctor
