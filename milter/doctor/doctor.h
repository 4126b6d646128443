// `milter-relay doctor`: looks at the machine as it is, and changes nothing.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "milter/commands.h"
#include "milter/doctor/finding.h"
#include "paths.h"

namespace relay::doctor {

struct DoctorOptions {
    ConfigChoice config;
    std::string sendmail_cf = MILTER_RELAY_MAIL_DIR "/sendmail.cf";
    std::optional<std::string> login;  ///< Whose password to ask for and to check.
    bool json = false;
};

struct Examined {
    std::string_view group;
    Findings findings;
};

/// 0: all is well; 1: a warning; 2: an error. 64 (EX_USAGE) when there is no password to check.
int doctor(const DoctorOptions& options, std::ostream& out, std::ostream& errors);

/// The worst of all.
Level worst_of(const std::vector<Examined>& all);
/// Empty where nothing was found.
std::string text_of(const Examined& part, bool in_colour);
std::string summary_of(const std::vector<Examined>& all);
std::string json_of(const std::vector<Examined>& all);

}  // namespace relay::doctor
