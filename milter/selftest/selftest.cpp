#include "milter/selftest/selftest.h"

#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <stdexcept>

#include "milter/selftest/controls.h"
#include "milter/selftest/relay_forms.h"
#include "milter/selftest/sendmail_and_we.h"
#include "policy/source/config/config_file.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/files/small_file.h"

namespace relay::selftest {
namespace {

constexpr std::size_t kLargestCf = 16 << 20;

/// Why nothing could be proved; `code` of sysexits(3).
struct CannotRun : std::runtime_error {
    CannotRun(const std::string& why, int exit) : runtime_error{why}, code{exit} {}
    int code;
};

SendmailCf read_cf(const std::string& path) {
    const auto file = read_small_file(path, kLargestCf);
    if (!file) throw CannotRun{system_fault(path, "open", ENOENT).what(), EX_NOINPUT};
    auto cf = parse_sendmail_cf(file->text);
    if (!cf.filter("milter-relay"))
        throw CannotRun{escaped(path) + ": the filter milter-relay is not in it; run `milter-relay wire` first",
                        EX_CONFIG};
    return cf;
}

Settings read_settings(const ConfigChoice& choice) {
    auto config = read_config_file(choice.file, choice.missing_is_default);
    const auto* faults = std::get_if<std::vector<ConfigError>>(&config);
    if (!faults) return std::get<Settings>(std::move(config));
    std::string text;
    for (const auto& fault : *faults) text.append(text.empty() ? "" : "\n").append(fault.message());
    throw CannotRun{text, EX_CONFIG};
}

std::string find_sendmail(const SelftestOptions& options) {
    auto program = options.sendmail.empty()
                       ? find_program({"/usr/sbin/sendmail", "/usr/lib/sendmail", "/usr/libexec/sendmail/sendmail"})
                       : options.sendmail;
    if (program.empty())
        throw CannotRun{"no sendmail in /usr/sbin or /usr/lib; name it with --sendmail", EX_UNAVAILABLE};
    return program;
}

/// How bad a fate is for a recipient that no stranger may reach.
Outcome outcome_of(const Fate& fate, const SendmailAndWe& both) {
    const bool passes_rules = fate.asked && fate.leaves;
    if (passes_rules && (fate.ours == Action::permit || both.while_away() == Action::permit ||
                         !both.silent_listener().empty() || !both.has_feature()))
        return Outcome::open;
    if (fate.sendmail == RuleVerdict::defer || (passes_rules && fate.ours == Action::defer)) return Outcome::unproven;
    return Outcome::closed;
}

std::string why(const Fate& fate, const SendmailAndWe& both) {
    if (!fate.asked || !fate.leaves) return {};
    if (fate.ours == Action::permit) return "a stranger relays";
    if (!both.silent_listener().empty()) return "a listener does not ask the milter: " + both.silent_listener();
    if (both.while_away() == Action::permit) return "relays while the milter is away: its filter line has no F=T";
    if (!both.has_feature()) return "sendmail's own rules let a stranger relay; only the milter refuses";
    return fate.ours == Action::defer ? fate.ours_text : "";
}

std::string away_text(const Fate& fate, const SendmailAndWe& both) {
    if (!fate.asked) return fate.sendmail == RuleVerdict::defer ? "defer" : "refuse";
    return std::string{name_of(both.while_away())};
}

/// open before unproven before closed.
bool is_worse(Outcome one, Outcome other) { return static_cast<int>(one) > static_cast<int>(other); }

class Selftest {
public:
    Selftest(const SelftestOptions& options, Progress progress)
        : cf_{read_cf(options.cf)}, service_{read_settings(options.config)}, tester_{find_sendmail(options),
                                                                                     options.cf},
          names_{names_of(options)}, both_{tester_, cf_, names_.own_domain, names_.own_literal}, options_{options},
          progress_{std::move(progress)}, now_{std::chrono::floor<std::chrono::seconds>(
                                              std::chrono::system_clock::now())} {}

    Report run() {
        report_.wiring = both_.has_feature() ? "feature" : "plain";
        report_.domain = names_.own_domain;
        find_strangers();
        const auto forms = relay_forms(names_);
        const auto recipients = recipients_everywhere(), addresses = addresses_everywhere();
        in_all_ = forms.size() * (strangers_.size() + senders().size() - 1) + recipients.size() + addresses.size();
        for (const auto& form : forms) report_.rows.push_back(try_form(form));
        for (const auto& recipient : recipients) report_.rows.push_back(try_recipient(recipient));
        for (const auto& address : addresses) try_address(address);
        report_.controls = run_controls(both_, service_, tester_,
                                        {strangers_.front(), own_recipient(), other_recipient(), options_.login}, now_);
        return std::move(report_);
    }

private:
    std::string own_recipient() const { return "<postmaster@" + names_.own_domain + ">"; }
    std::string other_recipient() const { return "<relaytest@" + names_.other_domain + ">"; }

    std::vector<std::string> senders() const {
        return {"<>", "<relaytest@" + names_.own_domain + ">", "<postmaster@" + names_.own_domain + ">",
                "<relaytest@example.net>", "<relaytest@localhost>"};
    }

    Names names_of(const SelftestOptions& options) {
        Names names{.own_domain = options.domain, .own_literal = "[127.0.0.1]"};
        for (const auto& word : tester_.class_words("w")) {
            if (word.starts_with('[') && word != "[127.0.0.1]") names.own_literal = word;
            else if (names.own_domain.empty() && word.find('.') != word.npos && !word.starts_with('['))
                names.own_domain = word;
        }
        if (names.own_domain.empty()) names.own_domain = tester_.host_name();
        if (names.own_domain.find('.') == std::string::npos)
            throw CannotRun{"sendmail knows no domain of its own (class w, $j); name one with --domain", EX_CONFIG};
        return names;
    }

    /// Strangers who are let in at all: where sendmail refuses an address for itself, nothing of relaying is proved.
    void find_strangers() {
        const auto let_in = [&](const MacroValues& who) {
            ++report_.questions;
            return both_.try_rcpt({own_recipient(), "<>", who}, service_, now_).permitted();
        };
        const auto add_first = [&](const std::vector<MacroValues>& candidates) {
            const auto found = std::find_if(candidates.begin(), candidates.end(), let_in);
            if (found != candidates.end()) strangers_.push_back(*found);
        };
        std::vector<MacroValues> named, unnamed, forged;
        for (const auto* address : {"192.0.2.9", "198.51.100.9", "203.0.113.9", "100.20.30.40", "150.60.70.80"}) {
            named.push_back(client(address, "host.example.net", "OK"));
            unnamed.push_back(client(address, std::string{"["} + address + "]", "FAIL"));
            forged.push_back(client(address, "mail." + names_.own_domain, "FORGED"));
        }
        add_first(named);
        add_first(unnamed);
        add_first(forged);
        add_first({client("IPv6:2001:db8::9", "host.example.net", "OK"),
                   client("IPv6:2600:1f00::9", "host.example.net", "OK")});
        if (strangers_.empty())
            throw CannotRun{"no stranger's mail even to " + escaped(own_recipient()) +
                                " is permitted, so that nothing of relaying can "
                                "be seen: is DNS away, a map of sendmail's unsafe, or relayers.db not readable? See "
                                "`milter-relay doctor`",
                            EX_UNAVAILABLE};
    }

    /// From every stranger, and with every sender; the worst case of them.
    Row try_form(const std::string& form) {
        Row worst;
        bool proved = false, first = true;
        const auto attempt = [&](const std::string& sender, const MacroValues& who) {
            const auto row = try_one({form, sender, who});
            proved = proved || row.outcome == Outcome::closed;
            if (first || is_worse(row.outcome, worst.outcome)) worst = row;
            first = false;
        };
        for (const auto& who : strangers_) attempt("<>", who);
        for (const auto& sender : senders())
            if (sender != "<>") attempt(sender, strangers_.front());
        if (worst.outcome == Outcome::unproven && proved) worst.outcome = Outcome::closed;
        return worst;
    }

    Row try_recipient(const std::string& recipient) { return try_one({recipient, "<>", strangers_.front()}); }

    /// Only an address that opens is a row of its own: the others are one question.
    void try_address(const std::string& address) {
        const auto row = try_one({other_recipient(), "<>", client(address, "host.example.net", "OK")});
        if (row.outcome == Outcome::open) report_.rows.push_back(row);
    }

    Row try_one(const Attempt& attempt) {
        const auto fate = both_.try_rcpt(attempt, service_, now_);
        ++report_.questions;
        if (progress_) progress_(report_.questions, in_all_);
        return {.subject = attempt.recipient,
                .client = attempt.macros.at("client_addr"),
                .sender = attempt.sender,
                .sendmail = fate.asked ? "passes, to " + fate.route : fate.sendmail_text,
                .ours = fate.asked ? fate.ours_text : "not asked",
                .away = away_text(fate, both_),
                .outcome = outcome_of(fate, both_),
                .why = why(fate, both_)};
    }

    SendmailCf cf_;
    Service service_;
    RuleTester tester_;
    Names names_;
    SendmailAndWe both_;
    const SelftestOptions& options_;
    Progress progress_;
    std::chrono::sys_seconds now_;
    std::vector<MacroValues> strangers_;
    Report report_;
    std::size_t in_all_ = 0;
};

/// On a terminal, once it takes longer than two seconds.
Progress progress_on_terminal() {
    if (!isatty(STDERR_FILENO)) return {};
    const auto begin = std::chrono::steady_clock::now();
    return [begin, next = begin + std::chrono::seconds{2}](std::size_t done, std::size_t all) mutable {
        const auto now = std::chrono::steady_clock::now();
        if (done >= all) std::cerr << "\r\x1b[K";
        else if (now >= next) {
            std::cerr << "\rasking sendmail: " << done << " of " << all << "\x1b[K" << std::flush;
            next = now + std::chrono::milliseconds{200};
        }
    };
}

}  // namespace

int selftest(const SelftestOptions& options, std::ostream& out, std::ostream& errors) {
    const auto cannot = [&](const std::string& why_not, int code) {
        errors << "milter-relay selftest: could not run, nothing is proved: " << why_not << '\n';
        return code;
    };
    if (geteuid() != 0) return cannot("sendmail -bt reads maps as root; run it as root", EX_NOPERM);
    try {
        const auto report = Selftest{options, progress_on_terminal()}.run();
        if (options.json) print_json(report, out);
        else print_text(report, options.all, out);
        return report.exit_code();
    } catch (const CannotRun& reason) {
        return cannot(reason.what(), reason.code);
    } catch (const Fault& fault) {
        return cannot(fault.what(), fault.trouble == Trouble::forbidden ? EX_NOPERM : EX_OSERR);
    }
}

}  // namespace relay::selftest
