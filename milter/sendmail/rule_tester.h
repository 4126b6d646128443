// One `sendmail -C FILE -bt`: asks the rules of a sendmail.cf questions, thousands a minute. It changes nothing and
// sends nothing; what the rules look up (DNS, maps) is looked up. Must run as root, as sendmail itself does.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "milter/sendmail/child_process.h"

namespace relay {

/// Names without braces are one letter; "client_addr" stands for `{client_addr}`.
using MacroValues = std::map<std::string, std::string>;

struct RuleQuestion {
    std::string ruleset;  ///< "check_rcpt", or "3,0" for the delivery triple.
    std::string address;
    MacroValues macros;  ///< Those of the question before that are not named here are cleared.
};

struct RuleAnswer {
    std::optional<std::string>
        result;          ///< As sendmail prints it: `$# error $@ 5 . 7 . 1 $: "550 ..."`; nothing: no address to it.
    MacroValues macros;  ///< relay_dest, relay_client and relay_policy, where they are set.
    std::string text;    ///< All that was printed.
};

/// The three macros that the feature's rules note.
inline const std::vector<std::string> kNotedMacros = {"relay_dest", "relay_client", "relay_policy"};

class RuleTester {
public:
    /// Throws Fault, with sendmail's words, when it does not take the file.
    RuleTester(const std::string& sendmail, const std::string& cf);

    /// In order; each sees the macros that the rules left behind at the one before, as recipients of a session do.
    /// Throws Fault when sendmail ends or does not answer.
    std::vector<RuleAnswer> ask(const std::vector<RuleQuestion>& questions);
    RuleAnswer ask(const RuleQuestion& question) { return ask(std::vector{question}).front(); }

    /// The words of a class ("w", "{TrustAuthMech}"), with those that its files brought.
    std::vector<std::string> class_words(const std::string& name);
    /// $j, expanded.
    std::string host_name();

    /// What sendmail complained of while it read the file, line by line; empty in a good one.
    [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }

private:
    void set_macros(const MacroValues& wanted, std::string& lines);
    std::string one_answer(const std::string& line);

    Conversation sendmail_;
    MacroValues macros_;
    std::vector<std::string> complaints_;
};

/// What sendmail would answer RCPT when check_rcpt says `answer`.
enum class RuleVerdict { permit, refuse, defer, discard, syntax };
RuleVerdict verdict_of(const RuleAnswer& answer);

}  // namespace relay
