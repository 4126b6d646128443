// One limit: whom it counts, what it counts, and the arithmetic of how much. Pure: time is an argument.
//
// The arithmetic is the generic cell rate algorithm (ITU-T I.371 annex A): all that is known of a key is one moment, at
// which it will owe nothing any more. An event moves it on by within/max; there is room while it stays at most
// burst * within/max ahead of now. So an idle key may have `burst` at once, and room for one more comes back every
// within/max.
//
// What is promised, in whatever order the times come, back and forth included: of the permitted events, those whose
// `now` lies in any span of the length `within`, both ends included, are never more than max + burst.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/address.h"
#include "policy/network.h"
#include "policy/verdict.h"

namespace relay {

/// Since some fixed moment, on a clock that does not go back (policy/source/limits/limit_clock.h).
using LimitTime = std::chrono::nanoseconds;

class Pace {
public:
    /// 1 <= burst <= max; within/max is rounded up to a whole number of steps.
    Pace(unsigned max, std::chrono::seconds within, unsigned burst, LimitTime step = LimitTime{1});

    [[nodiscard]] LimitTime interval() const { return interval_; }  ///< What one event costs.
    [[nodiscard]] LimitTime depth() const { return depth_; }        ///< What a full burst owes.

    [[nodiscard]] bool has_room(LimitTime value, LimitTime now) const { return next(value, now) <= now + depth_; }
    /// The value after one event that has room.
    [[nodiscard]] LimitTime next(LimitTime value, LimitTime now) const { return std::max(value, now) + interval_; }
    /// The value after one event that is counted in any case: no fuller than full, so that it is never waited for longer.
    [[nodiscard]] LimitTime counted(LimitTime value, LimitTime now) const {
        return std::max(value, std::min(next(value, now), now + depth_));
    }
    /// How long until there is room for one; zero when there is.
    [[nodiscard]] LimitTime wait(LimitTime value, LimitTime now) const;
    /// The events that still count, rounded up: 0 to burst.
    [[nodiscard]] unsigned used(LimitTime value, LimitTime now) const;
    /// A value that can have come about at `now`: what claims more than a full burst is cut to it.
    [[nodiscard]] LimitTime sane(LimitTime value, LimitTime now) const { return std::min(value, now + depth_); }

    bool operator==(const Pace&) const = default;

private:
    LimitTime interval_;
    LimitTime depth_;
};

enum class LimitPer { login, login_domain, client, network4, network6 };
enum class LimitCount { recipients, messages, refusals };
/// What happens to a recipient that has no room.
enum class LimitAction { defer, refuse, log };

/// Logins, domains of logins, and networks of clients; compared without case.
struct LimitScope {
    std::vector<std::string> logins;   ///< Lower case.
    std::vector<std::string> domains;  ///< Lower case, without "@".
    std::vector<Network> networks;

    [[nodiscard]] bool empty() const { return logins.empty() && domains.empty() && networks.empty(); }
    bool operator==(const LimitScope&) const = default;
};

/// [[limit]]
struct LimitSettings {
    std::string name;  ///< Unlike every other's: the key of its counts, over reloads and restarts.
    LimitPer per = LimitPer::login;
    unsigned bits = 0;  ///< network4, network6: the length of the prefix.
    LimitCount count = LimitCount::recipients;
    unsigned max = 0;                   ///< 1 to 1,000,000
    std::chrono::seconds within{3600};  ///< 1 s to 366 days
    unsigned burst = 0;                 ///< At once, after a rest: 1 to max.
    LimitScope only;                    ///< Empty: everybody.
    LimitScope except;
    LimitAction action = LimitAction::defer;
    Mode mode = Mode::enforce;

    /// It only tells what it would have done.
    [[nodiscard]] bool only_tells() const { return action == LimitAction::log || mode == Mode::monitor; }
    [[nodiscard]] Pace pace(LimitTime step = LimitTime{1}) const { return {max, within, burst, step}; }
    bool operator==(const LimitSettings&) const = default;
};

/// Who is counted, for one recipient.
struct LimitSubject {
    std::string login;              ///< Empty: not known. A peer's bytes.
    std::optional<Address> client;  ///< Nothing: a local submission.
};

/// The key that `limit` counts for this subject: a login_key() as "alice", a domain, "192.0.2.0/24". Nothing: it does not apply.
std::optional<std::string> limit_key(const LimitSettings& limit, const LimitSubject& subject);

/// "login", "network4/24" ...
std::string per_text(const LimitSettings& limit);
std::string_view name_of(LimitCount count);
std::string_view name_of(LimitAction action);
/// What becomes of the recipient; log: permit.
Action action_of(LimitAction action);

}  // namespace relay
