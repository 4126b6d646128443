#include "milter/selftest/controls.h"

#include <algorithm>

#include "milter/wiring/replaced_file.h"
#include "policy/ascii.h"
#include "policy/source/files/fault.h"
#include "policy/source/relayers/relayers_writer.h"

namespace relay::selftest {
namespace {

class Controls {
public:
    Controls(SendmailAndWe& both, const Service& service, RuleTester& tester, const ControlNames& names,
             std::chrono::sys_seconds now)
        : both_{both}, service_{service}, tester_{tester}, names_{names}, now_{now} {}

    std::vector<Row> run() {
        must_pass("a stranger's mail to our domain", {names_.own_recipient, "<>", names_.stranger}, service_);
        try_auth();
        try_pop();
        must_pass("this host itself", {names_.other_recipient, "<>", client("127.0.0.1", "localhost", "OK")}, service_);
        try_away();
        return std::move(rows_);
    }

private:
    void skip(const std::string& what, const std::string& why) {
        rows_.push_back({.subject = what,
                         .client = {},
                         .sender = {},
                         .sendmail = {},
                         .ours = {},
                         .away = {},
                         .outcome = Outcome::skipped,
                         .why = why});
    }

    Fate must_pass(const std::string& what, const Attempt& attempt, const Service& service) {
        const auto fate = both_.try_rcpt(attempt, service, now_);
        rows_.push_back({.subject = what,
                         .client = attempt.macros.at("client_addr"),
                         .sender = attempt.sender,
                         .sendmail = fate.sendmail_text,
                         .ours = fate.asked ? fate.ours_text : "not asked",
                         .away = {},
                         .outcome = fate.permitted() ? Outcome::passed : Outcome::failed,
                         .why = fate.permitted() ? "" : "must be permitted"});
        return fate;
    }

    /// The policy in force, as sendmail passes it.
    Methods methods() {
        const auto answer = tester_.ask({"check_rcpt", names_.own_recipient, names_.stranger});
        const auto noted = answer.macros.find("relay_policy");
        const auto named = noted == answer.macros.end() ? std::nullopt : methods_named(noted->second);
        return named.value_or(service_.settings().methods);
    }

    /// One that sendmail trusts and the policy takes.
    std::string mechanism() {
        const auto& allowed = service_.settings().auth.mechanisms;
        for (const auto& word : tester_.class_words("{TrustAuthMech}"))
            if (word != "ANONYMOUS" && (allowed.empty() || listed_without_case(allowed, word))) return word;
        return {};
    }

    void try_auth() {
        const auto* what = "SMTP AUTH under TLS";
        if (methods() == Methods::pop_only) return skip(what, "the policy is pop-only");
        const auto trusted = mechanism();
        if (trusted.empty())
            return skip(what, "sendmail trusts no mechanism that the policy takes: no TRUST_AUTH_MECH");
        auto macros = names_.stranger;
        macros.insert({{"auth_type", trusted},
                       {"auth_authen", names_.login},
                       {"auth_ssf", "256"},
                       {"tls_version", "TLSv1.3"},
                       {"cipher_bits", "256"},
                       {"verify", "NO"}});
        must_pass(std::string{what} + " by " + trusted, {names_.other_recipient, "<>", macros}, service_);
    }

    void try_pop() {
        const auto* what = "a fresh POP login";
        if (methods() == Methods::auth_only) return skip(what, "the policy is auth-only");
        if (!both_.has_feature()) return skip(what, "plain wiring: sendmail refuses before the milter is asked");
        const TemporaryDirectory directory;
        auto settings = service_.settings();
        settings.pop.database = directory.path() + "/relayers.db";
        settings.pop.layout = Layout::timestamp;
        const auto address = Address::parse(names_.stranger.at("client_addr"));
        if (!address) return skip(what, "no stranger with an IPv4 address was let in");
        LoginRecord record;
        record.at = now_ - std::chrono::seconds{1};
        RelayersWriter{settings.pop.database}.add({*address}, record);
        must_pass(what, {names_.other_recipient, "<>", names_.stranger}, Service{settings});
    }

    void try_away() {
        const auto away = both_.while_away();
        rows_.push_back({.subject = "while the milter is away",
                         .client = {},
                         .sender = {},
                         .sendmail = {},
                         .ours = {},
                         .away = std::string{name_of(away)},
                         .outcome = away == Action::defer ? Outcome::passed : Outcome::failed,
                         .why = away == Action::defer ? "" : "sendmail must defer: F=T or F=4 in the filter's line"});
    }

    SendmailAndWe& both_;
    const Service& service_;
    RuleTester& tester_;
    const ControlNames& names_;
    std::chrono::sys_seconds now_;
    std::vector<Row> rows_;
};

}  // namespace

std::vector<Row> run_controls(SendmailAndWe& both, const Service& service, RuleTester& tester,
                              const ControlNames& names, std::chrono::sys_seconds now) {
    return Controls{both, service, tester, names, now}.run();
}

}  // namespace relay::selftest
