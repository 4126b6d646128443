// What was looked up for one recipient. A finding that was not asked for is empty; a decision asks for what it needs.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/login_record.h"
#include "policy/lookup.h"
#include "policy/verdict.h"

namespace relay {

/// Present in a list; there is nothing more to say of it.
struct Listed {
    bool operator==(const Listed&) const = default;
};

/// Those of the logins asked about that are on a list; never none.
struct ListedLogins {
    std::vector<std::string> names;  ///< As they were asked about.
    bool operator==(const ListedLogins&) const = default;
};

/// Who may use a reverse-path, by the sender map.
struct Owners {
    std::vector<std::string> logins;  ///< As the map has them.
    bool anyone = false;              ///< The map says "*": any login.
    bool operator==(const Owners&) const = default;
};

/// A login on the brake.
struct Braked {
    Action action = Action::defer;  ///< permit: action = "log".
    std::chrono::seconds left{};    ///< Until it is released by itself; 0 where only an admin releases it.
    std::string why;                ///< For explain: "7 networks within 1h"; printable.
    bool operator==(const Braked&) const = default;
};

/// One limit that this recipient would exceed.
struct OverLimit {
    std::string limit;              ///< Its name, one printable word, for the log and explain.
    Action action = Action::defer;  ///< permit: action = "log".
    std::chrono::seconds wait{};    ///< Until the recipient would be within the limit.
    bool recipients = false;        ///< It counts recipients: the reply is 452 4.5.3, else 451 4.7.1.
    Mode mode = Mode::enforce;
    bool operator==(const OverLimit&) const = default;
};

/// Every limit that is exceeded, those that stop the recipient first; never none.
struct OverLimits {
    std::vector<OverLimit> limits;
    bool operator==(const OverLimits&) const = default;
};

/// What a decision may have to ask, and of which logins.
struct Question {
    enum Kind {
        our_domain,       ///< Plain wiring: is the recipient's domain one of ours?
        login,            ///< relayers.db: when did this client address log in?
        disabled,         ///< Is the authenticated login (one) on the list of disabled accounts?
        pop_disabled,  ///< Which of the POP logins are?
        pop_retired,   ///< Which of the POP logins have moved to AUTH?
        sender,           ///< Who owns the reverse-path, by the sender map?
        sender_domain,    ///< Is the reverse-path's domain one of ours?
        brake,            ///< Is this login (one) on the brake?
        limits,           ///< Is the recipient within the limits of this login (one or none)? Asking charges them, so it
                          ///< is asked last, when all else permits.
    };
    static constexpr int kKinds = 9;

    Kind kind;
    std::vector<std::string> logins;

    Question(Kind what, std::vector<std::string> of = {}) : kind{what}, logins{std::move(of)} {}
    bool operator==(const Question&) const = default;
};

/// One member for each Question::Kind, and what else there is to tell.
struct Findings {
    std::optional<Lookup<Listed>> our_domain{};
    std::optional<Lookup<LoginRecord>> login{};
    std::optional<Lookup<Listed>> disabled{};
    std::optional<Lookup<ListedLogins>> pop_disabled{};
    std::optional<Lookup<ListedLogins>> pop_retired{};
    std::optional<Lookup<Owners>> sender{};
    std::optional<Lookup<Listed>> sender_domain{};
    std::optional<Lookup<Braked>> brake{};       ///< Absent: it is not.
    std::optional<Lookup<OverLimits>> limits{};  ///< Absent: within all of them.
    std::vector<std::string> notes{};            ///< Slips that were met on the way, for the log; printable.
};

/// Calls `use` with the name and the value of each member, in the order of asking.
template <class Use>
void each_finding(const Findings& findings, Use use) {
    use("our_domain", findings.our_domain);
    use("disabled", findings.disabled);
    use("login", findings.login);
    use("pop_disabled", findings.pop_disabled);
    use("pop_retired", findings.pop_retired);
    use("sender", findings.sender);
    use("sender_domain", findings.sender_domain);
    use("brake", findings.brake);
    use("limits", findings.limits);
}

}  // namespace relay
