#include "milter/wiring/cf_trial.h"

#include <fmt/format.h>

#include <algorithm>

#include "milter/sendmail/rule_tester.h"
#include "milter/sendmail/sendmail_cf.h"
#include "milter/sendmail/sendmail_mc.h"
#include "milter/wiring/replaced_file.h"
#include "policy/source/files/escaped.h"

namespace relay {
namespace {

constexpr const char* kFilter = "milter-relay";

/// A client and a sender that no host knows (RFC 5737, RFC 2606).
const MacroValues kStranger = {{"client_addr", "192.0.2.9"},
                               {"client_name", "[192.0.2.9]"},
                               {"client_resolve", "FAIL"},
                               {"mail_from", "<>"},
                               {"f", "<>"}};

struct Opened {
    TemporaryDirectory directory;
    RuleTester tester;

    Opened(const std::string& sendmail, const std::string& cf) : tester{sendmail, directory.write("sendmail.cf", cf)} {}
};

/// The temporary file's name is another each time.
std::vector<std::string> comparable(const std::vector<std::string>& complaints, const std::string& directory) {
    auto lines = complaints;
    for (auto& line : lines)
        if (const auto at = line.find(directory); at != line.npos) line.erase(at, directory.size());
    return lines;
}

void require_no_new_complaint(const Opened& opened, const std::vector<std::string>& known) {
    for (const auto& line : comparable(opened.tester.complaints(), opened.directory.path()))
        if (std::find(known.begin(), known.end(), line) == known.end())
            throw McRefusal{"sendmail complains of the new sendmail.cf: " + escaped(line)};
}

void require(bool is_so, const std::string& otherwise) {
    if (!is_so) throw McRefusal{"the new sendmail.cf would not do: " + otherwise};
}

void require_wiring(const SendmailCf& cf) {
    const auto* filter = cf.filter(kFilter);
    require(filter, "it does not describe the filter milter-relay");
    require(filter->defers(), "its filter has no F=T: with the milter away mail would pass unjudged");
    const auto asked = [](const std::vector<std::string>& names) {
        return std::find(names.begin(), names.end(), kFilter) != names.end();
    };
    require(asked(cf.input_filters()), "InputMailFilters does not name milter-relay");
    for (const auto& listener : cf.listeners())
        require(!listener.input_filters || asked(*listener.input_filters),
                "the listener \"" + escaped(listener.text) + "\" has filters of its own without milter-relay");
    const auto called = cf.reachable_from("check_rcpt");
    for (const auto* name : {"MilterRelay_site", "MilterRelay_check", "MilterRelay_tls", "MilterRelay_auth", "Rcpt_ok"})
        require(
            std::find(called.begin(), called.end(), name) != called.end(),
            std::string{"check_rcpt does not call "} + name + "; this sendmail's rules have other names than we know");
}

RuleAnswer check_rcpt(RuleTester& tester, const std::string& recipient) {
    return tester.ask({"check_rcpt", recipient, kStranger});
}

/// A name of class w with a dot, or $j.
std::string own_domain(RuleTester& tester) {
    for (const auto& word : tester.class_words("w"))
        if (word.find('.') != word.npos && !word.starts_with('[')) return word;
    return tester.host_name();
}

void require_noted(RuleTester& tester, const std::string& recipient, const std::string& dest) {
    const auto answer = check_rcpt(tester, recipient);
    const auto noted = [&](const char* name) {
        const auto entry = answer.macros.find(name);
        return entry == answer.macros.end() ? "" : entry->second;
    };
    const auto client = noted("relay_client");
    require(
        noted("relay_dest") == dest && (client == "unknown" || client == "temp"),
        fmt::format(
            "a stranger's mail to {} is noted as relay_dest=\"{}\" relay_client=\"{}\", not \"{}\" and \"unknown\"{}",
            escaped(recipient), escaped(noted("relay_dest")), escaped(client), dest,
            noted("relay_dest") == "temp" ? " (temp: a look-up fails; is a map of sendmail's missing, or its "
                                            "file unsafe?)"
                                          : ""));
}

}  // namespace

std::vector<std::string> complaints_about(const std::string& sendmail, const std::string& cf) {
    const Opened opened{sendmail, cf};
    return comparable(opened.tester.complaints(), opened.directory.path());
}

TrialNotes try_wired(const std::string& sendmail, const std::string& text, const std::vector<std::string>& known) {
    const auto cf = parse_sendmail_cf(text);
    require_wiring(cf);
    Opened opened{sendmail, text};
    require_no_new_complaint(opened, known);
    const auto ours = "<postmaster@" + own_domain(opened.tester) + ">";
    require_noted(opened.tester, "<stranger@example.net>", "other");
    require_noted(opened.tester, ours, "ours");
    return {"sendmail takes it without a new complaint",
            "check_rcpt calls our rules; the filter has F=T, and every listener asks it",
            "a stranger's mail to <stranger@example.net> is left to the milter, to " + escaped(ours) + " is ours"};
}

TrialNotes try_unwired(const std::string& sendmail, const std::string& text, const std::vector<std::string>& known) {
    const auto cf = parse_sendmail_cf(text);
    for (const auto& name : cf.reachable_from("check_rcpt"))
        require(!name.starts_with("MilterRelay_"), "check_rcpt still calls " + name);
    require(!cf.filter(kFilter), "it still describes the filter milter-relay");
    Opened opened{sendmail, text};
    require_no_new_complaint(opened, known);
    const auto verdict = verdict_of(check_rcpt(opened.tester, "<stranger@example.net>"));
    require(verdict == RuleVerdict::refuse || verdict == RuleVerdict::defer,
            "without the milter sendmail lets a stranger relay to <stranger@example.net>");
    return {"sendmail takes it without a new complaint", "none of our rules is left in it",
            "sendmail itself refuses a stranger's mail to <stranger@example.net>"};
}

}  // namespace relay
