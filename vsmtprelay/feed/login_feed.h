// Log lines in, logins out: decides whose line it is, what it says, and from which address and when somebody logged in.
//
// A line counts only for the formats of its program. From the journal its origin must fit as well: root, or one of the
// format's units; and one of its commands, where it names any. A line that two formats read differently is not clear,
// and no login. One owner, one thread.
#pragma once

#include <chrono>
#include <string>
#include <unordered_map>
#include <vector>

#include "policy/login_record.h"
#include "vsmtprelay/feed/format_drift.h"
#include "vsmtprelay/feed/log_line.h"
#include "vsmtprelay/feed/login_format.h"
#include "vsmtprelay/feed/never_recorded.h"
#include "vsmtprelay/feed/open_sessions.h"

namespace relay {

class LoginFeed {
public:
    struct Limits {
        std::chrono::seconds window{std::chrono::minutes{1440}};  ///< Older logins are of no use any more.
        std::chrono::seconds session{std::chrono::hours{24}};     ///< How long after its login a session refreshes it.
    };

    /// `never` and `drift` outlive this.
    LoginFeed(std::vector<LoginFormat> formats, Limits limits, NeverRecorded& never, FormatDrift& drift);

    /// Adds what the line says to `events`: a login at its own time, or a session's refresh at its end. Never later
    /// than `now`; nothing from an address that is never recorded.
    void take(const LogLine& line, std::chrono::sys_seconds now, std::vector<LoginEvent>& events);

    /// The tags of all formats; without the empty one.
    [[nodiscard]] std::vector<std::string> programs() const;
    /// Those whose end may still refresh a login, and those whose login may still come.
    [[nodiscard]] OpenSessions& sessions() { return sessions_; }

private:
    struct Meaning {
        const LoginFormat* format;
        Reading reading;
    };

    [[nodiscard]] std::vector<Meaning> meanings(const std::string& program, const std::string& message,
                                                const LogLine& line, const LoginFormat*& known) const;
    std::optional<LoginEvent> event_of(const Meaning& meaning, const LogLine& line);
    std::optional<LoginEvent> login(const Meaning& meaning, const std::string& key, const LogLine& line);
    std::optional<LoginEvent> end(const std::string& key, const LogLine& line);

    std::vector<LoginFormat> formats_;
    std::unordered_map<std::string, std::vector<const LoginFormat*>> by_program_;
    Limits limits_;
    NeverRecorded& never_;
    FormatDrift& drift_;
    OpenSessions sessions_;
};

}  // namespace relay
