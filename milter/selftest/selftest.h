// `milter-relay selftest`: proves on a sendmail.cf that no stranger relays, and that those who may still can.
//
// sendmail's own rules answer (`sendmail -C FILE -bt`), then the decision of the daemon, by the same judge(). Nothing
// of the running system is changed, and no mail is sent; what the rules look up in DNS and maps is looked up.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "milter/commands.h"
#include "paths.h"

namespace relay::selftest {

struct SelftestOptions {
    ConfigChoice config;
    std::string cf = MILTER_RELAY_MAIL_DIR "/sendmail.cf";
    std::string sendmail;            ///< The program; empty: where the system has it.
    std::string domain;              ///< One of our domains; empty: the first of class w.
    std::string login = "selftest";  ///< Who logs in for the controls.
    bool json = false;
    bool all = false;  ///< Print the rows that are well, too.
};

/// open: a stranger relays. unproven: deferred in every case, so nothing is known. closed: refused, or it stays here.
enum class Outcome { closed, unproven, open, failed, passed, skipped };

/// One form of recipient in its worst case, or one control.
struct Row {
    std::string subject;  ///< The recipient, or what the control is.
    std::string client;   ///< The worst case's, as the sender.
    std::string sender;
    std::string sendmail;  ///< What its rules said.
    std::string ours;      ///< What the policy said, or "not asked".
    std::string away;      ///< What happens while the milter is away.
    Outcome outcome = Outcome::unproven;
    std::string why;
};

struct Report {
    std::string wiring;  ///< "feature" or "plain"
    std::string domain;
    std::vector<Row> rows, controls;
    std::size_t questions = 0;

    [[nodiscard]] std::size_t count(Outcome outcome) const;
    /// 0: proved. 1: something opens, or a control fails. EX_TEMPFAIL: something could not be proved.
    [[nodiscard]] int exit_code() const;
};

/// Called with (done, in all).
using Progress = std::function<void(std::size_t, std::size_t)>;

/// Prints the report and returns its exit code. EX_CONFIG, EX_NOPERM, EX_UNAVAILABLE, EX_OSERR: it could not run.
int selftest(const SelftestOptions& options, std::ostream& out, std::ostream& errors);

void print_text(const Report& report, bool all, std::ostream& out);
void print_json(const Report& report, std::ostream& out);

}  // namespace relay::selftest
