// The checks, as a table: each looks at one thing and changes nothing.
#pragma once

#include <span>

#include "milter/doctor/finding.h"
#include "milter/doctor/machine.h"

namespace relay::doctor {

/// Runs in a child process of its group, as whoever started the doctor. May block: the group has a time limit.
struct Check {
    const char* name;
    Findings (*run)(const Machine&);
};

struct Group {
    const char* title;
    std::span<const Check> checks;
};

std::span<const Group> groups();

// sendmail.cf: who is asked
Findings check_cf_readable(const Machine& machine);
Findings check_filter(const Machine& machine);
Findings check_filter_flags(const Machine& machine);
Findings check_filter_timeouts(const Machine& machine);
Findings check_listeners(const Machine& machine);

// sendmail.cf: the rules
Findings check_rulesets_called(const Machine& machine);
Findings check_open_relay(const Machine& machine);
Findings check_site_rules(const Machine& machine);
Findings check_delay_checks(const Machine& machine);

// sendmail.cf: SMTP AUTH
Findings check_mechanisms(const Machine& machine);
Findings check_plaintext(const Machine& machine);

Findings check_configuration(const Machine& machine);
Findings check_configuration_secrecy(const Machine& machine);
Findings check_account_files(const Machine& machine);
Findings check_limit_store(const Machine& machine);
Findings check_socket_file(const Machine& machine);
Findings check_negotiation(const Machine& machine);

Findings check_database_access(const Machine& machine);
Findings check_database_writers(const Machine& machine);
Findings check_database_entries(const Machine& machine);
Findings check_feed(const Machine& machine);
Findings check_last_login(const Machine& machine);

/// All of Cyrus SASL, in one process that has libsasl2 set up as sendmail has it.
Findings check_sasl(const Machine& machine);

/// The mechanisms that sendmail would offer if they are installed: O AuthMechanisms, or its default.
std::vector<std::string> offered_mechanisms(const SendmailCf& cf);

}  // namespace relay::doctor
