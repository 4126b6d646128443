// An address may be shared: any fresh login that nothing excludes vouches for it. One whose name the writer did not know
// cannot be excluded, and where there is one, nobody can say who sends. What [pop] and [account] in monitor mode would have stopped goes on, and is noted.
#include "policy/pop_login.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory_resource>
#include <vector>

#include "policy/gate.h"

namespace relay {
namespace {

/// Logins of a record, whose bytes they are.
using Names = std::pmr::vector<std::string_view>;

bool ended(const Facts& f) {
    const auto& until = f.settings.pop.until;
    return until && f.now >= *until + std::chrono::days{1};
}

bool never_counts(const Facts& f) {
    const auto& never = f.settings.pop.never;
    return never ? in_any(*never, f.envelope.client) : in_any(loopback_networks(), f.envelope.client);
}

/// Each known name once, newest first.
Names fresh_names(const LoginRecord& record, std::chrono::sys_seconds since, std::pmr::memory_resource& memory) {
    Names names{&memory};
    names.reserve(record.logins.size());
    for (const Login& login : record.logins)
        if (since <= login.at && !login.name.empty() && std::find(names.begin(), names.end(), login.name) == names.end())
            names.push_back(login.name);
    return names;
}

bool has_nameless(const LoginRecord& record, std::chrono::sys_seconds since) {
    return record.logins.empty() || std::any_of(record.logins.begin(), record.logins.end(), [since](const Login& login) {
               return since <= login.at && login.name.empty();
           });
}

/// The walk of row 6: `names` shrinks as logins are excluded.
struct Walk {
    const Facts& f;
    Verdict permit;
    Names names;
    bool nameless;  ///< A login of an unknown name is among them.
    std::optional<std::variant<Decision, Reason>> end{};

    /// True when it ends the walk: in monitor mode it is only noted.
    bool stop(Mode section, Reason reason) {
        if (section == Mode::monitor) permit.would.push_back(reason);
        else end = reason;
        return end.has_value();
    }
    /// True when nobody is left.
    template <class Excluded>
    bool exclude(Mode section, Reason reason, Excluded excluded) {
        if (!names.empty() && !nameless && std::ranges::all_of(names, excluded)) return stop(section, reason);
        if (section == Mode::enforce) std::erase_if(names, excluded);
        return false;
    }
};

/// A list of the admin's: true when the walk ends, by a question, a failure, or nobody left.
bool exclude_listed(Walk& w, const std::string& file, Mode section, Question::Kind kind, Reason reason,
                    const std::optional<Lookup<ListedLogins>>& listed) {
    if (file.empty() || w.names.empty()) return false;
    if (!listed) {
        w.end = Decision{Question{kind, {w.names.begin(), w.names.end()}}};
        return true;
    }
    if (listed->failed() && section == Mode::enforce) {
        w.end = Decision{defer_for(w.f, listed->why())};
        return true;
    }
    if (listed->failed()) return w.stop(section, Reason::lookup_failed);
    if (listed->absent()) return false;
    const auto& names = listed->value().names;
    return w.exclude(section, reason, [&names](std::string_view name) { return std::ranges::find(names, name) != names.end(); });
}

/// What [domain."..."] says of the logins, each in the mode of its domain.
bool exclude_by_domain(Walk& w, Reason reason, bool (*excludes)(const DomainSettings&)) {
    if (w.f.settings.domains.empty()) return false;
    const auto exclude = [&](Mode mode) {
        return w.exclude(mode, reason, [&](std::string_view name) {
            const DomainSettings* domain = domain_of(w.f.settings, name);
            return domain && domain->mode == mode && excludes(*domain);
        });
    };
    return exclude(Mode::enforce) || exclude(Mode::monitor);
}

bool takes_no_pop(const DomainSettings& domain) { return domain.methods && !pop_permits(*domain.methods); }
bool is_disabled(const DomainSettings& domain) { return domain.disabled; }

bool ends(Walk& w) {
    const PopSettings& pop = w.f.settings.pop;
    const AccountSettings& account = w.f.settings.account;
    if (pop.max_logins != 0 && w.names.size() + w.nameless > pop.max_logins && w.stop(pop.mode, Reason::too_many_logins)) return true;
    return exclude_by_domain(w, Reason::domain_disabled, is_disabled) ||
           exclude_by_domain(w, Reason::domain_policy, takes_no_pop) ||
           exclude_listed(w, account.disabled, account.mode, Question::pop_disabled, Reason::login_disabled,
                          w.f.findings.pop_disabled) ||
           exclude_listed(w, pop.not_for, pop.mode, Question::pop_retired, Reason::login_retired,
                          w.f.findings.pop_retired);
}

/// The row's permit before anything is excluded, with what the whole of [pop] has to say.
Verdict permit_by(const Facts& f, const LoginRecord& record, Freshness fresh) {
    Verdict v = permit(f, 6, Via::pop,
                       fresh == Freshness::standing ? Reason::standing_permission : Reason::fresh_login);
    tell_login(v, record, f.now);
    const auto& until = f.settings.pop.until;
    if (until && f.now >= *until - std::chrono::days{30}) v.pop_until = until;
    if (ended(f)) v.would.push_back(Reason::pop_ended);
    if (never_counts(f)) v.would.push_back(Reason::never_network);
    return v;
}

}  // namespace

std::optional<Reason> why_no_login_counts(const Facts& f) {
    if (!pop_permits(f.methods)) return Reason::not_authenticated;
    if (!f.envelope.client) return Reason::no_login;
    if (f.settings.pop.mode == Mode::monitor) return {};
    if (ended(f)) return Reason::pop_ended;
    if (never_counts(f)) return Reason::never_network;
    return {};
}

std::variant<Decision, Reason> pop_login(const Facts& f) {
    if (const auto reason = why_no_login_counts(f)) return *reason;
    const auto& login = f.findings.login;
    if (!login) return Decision{Question{Question::login}};
    if (login->failed()) return Reason::lookup_failed;
    if (login->absent()) return Reason::no_login;
    const Freshness fresh = freshness(login->value(), f.now, f.settings.pop.window);
    if (fresh == Freshness::expired) return Reason::login_expired;
    const auto since = f.now - f.settings.pop.window;
    alignas(std::string_view) std::array<std::byte, kMaxLogins * sizeof(std::string_view)> room;  // For all of a record, without the heap.
    std::pmr::monotonic_buffer_resource memory{room.data(), room.size()};
    Walk walk{f, permit_by(f, login->value(), fresh), fresh_names(login->value(), since, memory), has_nameless(login->value(), since)};
    if (ends(walk)) return *std::move(walk.end);
    if (!walk.names.empty()) walk.permit.user = walk.names.front();
    if (walk.nameless) walk.names.clear();
    return gate(f, std::move(walk.permit), walk.names);
}

void tell_login(Verdict& v, const LoginRecord& record, std::chrono::sys_seconds now) {
    if (record.layout == Layout::timestamp) v.age = now - record.at;
    if (!record.logins.empty()) v.user = record.logins.front().name;
}

}  // namespace relay
