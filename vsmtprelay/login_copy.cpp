#include "vsmtprelay/login_copy.h"

#include <algorithm>
#include <set>
#include <vector>

#include "policy/source/files/escaped.h"
#include "policy/source/relayers/relayers_entries.h"
#include "vsmtprelay/lines.h"

namespace relay {
namespace {

using Logins = std::vector<Login>;
using Record = std::optional<LoginRecord>;

constexpr std::size_t kProgressEvery = 1000;

/// A record that names nobody is the login of somebody unknown.
Logins logins_in(const Record& record) {
    if (!record) return {};
    return record->logins.empty() ? Logins{{record->at, {}}} : record->logins;
}

bool holds(const Logins& logins, const Login& login) { return std::ranges::find(logins, login) != logins.end(); }

bool holds_it_or_newer(const Logins& logins, const Login& login) {
    return std::ranges::any_of(logins, [&login](const Login& each) { return each.name == login.name && each.at >= login.at; });
}

Record record_of(Logins logins) {
    if (logins.empty()) return std::nullopt;
    const auto at = logins.front().at;
    if (logins.size() == 1 && logins.front().name.empty()) logins.clear();
    return LoginRecord{Layout::timestamp, at, std::move(logins)};
}

std::string bytes_of(const Record& record) { return record ? encode_login_record(*record) : std::string{}; }

}  // namespace

Record without_gone(const Record& standing, const CopiedEntry& copied) {
    const Logins then = logins_in(copied.then), now = logins_in(copied.now), before = logins_in(copied.before);
    Logins rest = logins_in(standing);
    std::erase_if(rest, [&](const Login& login) {
        return holds(then, login) && !holds_it_or_newer(now, login) && !holds(before, login);
    });
    return record_of(std::move(rest));
}

void LoginCopy::look(LoginWalk& source, Watch& watch) {
    for (auto& [client, entry] : entries_) entry.now.reset();
    outcome_.unreadable = {};
    outcome_.entries = 0;
    std::size_t done = 0;
    const auto take = [&](std::string_view key, std::string_view data) {
        if (++done % kProgressEvery == 0) watch.progress(done);
        const RelayersEntry entry{key, data};
        if (!entry.readable()) return outcome_.unreadable.add("cannot be read: " + quoted_word(key) + ' ' + quoted_word(data));
        Record& now = entries_[*entry.client].now;
        if (!now) ++outcome_.entries;
        now = now ? merged(*now, *entry.record) : *entry.record;
    };
    for (source.rewind(); source.next(take);) {
    }
}

bool LoginCopy::carry(bool only_take_back) {
    std::vector<Address> clients;
    for (const auto& [client, entry] : entries_)
        if (entry.now != entry.then) clients.push_back(client);
    std::set<Address> changed;
    std::set<Address> taken_back;
    const auto put = [](std::set<Address>& set, const Address& client, bool in) { in ? set.insert(client).second : set.erase(client) > 0; };
    target_.revise(clients, [&](const Address& client, const Record& standing) {
        CopiedEntry& entry = entries_.at(client);
        if (!entry.then) entry.before = standing;
        const Record kept = without_gone(standing, entry);
        const Record next = only_take_back || !entry.now ? kept : kept ? merged(*kept, *entry.now) : entry.now;
        put(taken_back, client, bytes_of(kept) != bytes_of(standing));
        put(changed, client, bytes_of(next) != bytes_of(kept));
        return next;
    });
    outcome_.behind = 0;
    for (const Address& client : clients) {
        CopiedEntry& entry = entries_.at(client);
        entry.then = entry.now;
        if (only_take_back && entry.now) ++outcome_.behind;
    }
    outcome_.changed += changed.size();
    outcome_.taken_back += taken_back.size();
    return !clients.empty();
}

}  // namespace relay
