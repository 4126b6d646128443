// What becomes of one RCPT: sendmail's rules, then our decision, then where the mail would go.
#pragma once

#include <chrono>
#include <string>

#include "milter/selftest/selftest.h"
#include "milter/sendmail/rule_tester.h"
#include "milter/sendmail/sendmail_cf.h"
#include "policy/source/service.h"

namespace relay::selftest {

/// One RCPT. `macros` are what sendmail knows of the client and the session, as {client_addr}.
struct Attempt {
    std::string recipient;
    std::string sender;
    MacroValues macros;
};

/// A client whose name is not known, or is, as {client_resolve} says.
MacroValues client(const std::string& address, const std::string& name, const std::string& resolve);

struct Fate {
    RuleVerdict sendmail = RuleVerdict::refuse;
    std::string sendmail_text;
    bool asked = false;            ///< sendmail's rules let it pass, so the milter is asked.
    Action ours = Action::refuse;  ///< Where asked.
    std::string ours_text;
    std::string route;    ///< Where it would go, where it passes: "esmtp relay-test.example.net"; else empty.
    bool leaves = false;  ///< It would go to a host of somebody else.

    [[nodiscard]] bool permitted() const { return asked && ours == Action::permit; }
};

class SendmailAndWe {
public:
    SendmailAndWe(RuleTester& tester, const SendmailCf& cf, std::string own_domain, std::string own_literal);

    /// The decision of `service`, the configured one or that of a control.
    Fate try_rcpt(const Attempt& attempt, const Service& service, std::chrono::sys_seconds now);

    /// FEATURE(`milter_relay'); else a plain INPUT_MAIL_FILTER.
    [[nodiscard]] bool has_feature() const { return has_feature_; }
    /// What sendmail does with a recipient that its rules let pass, while the milter is away.
    [[nodiscard]] Action while_away() const { return away_; }
    /// A listener that does not ask the milter, as it stands in the file; empty: all ask.
    [[nodiscard]] const std::string& silent_listener() const { return silent_listener_; }

private:
    void find_route(const Attempt& attempt, Fate& fate, const Service& service);

    RuleTester& tester_;
    std::string own_domain_, own_literal_;
    bool has_feature_;
    Action away_;
    std::string silent_listener_;
};

}  // namespace relay::selftest
