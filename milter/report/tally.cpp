#include "milter/report/tally.h"

#include <algorithm>
#include <ctime>
#include <functional>

#include "policy/verdict.h"

namespace relay::report {
namespace {

using namespace std::chrono;

Class class_of(const VerdictWords& words) {
    if (words.verdict == relay::name_of(Action::refuse)) return Class::refused;
    if (words.verdict != relay::name_of(Action::permit)) return Class::deferred;
    if (words.reason == relay::name_of(Reason::destination_ours)) return Class::ours;
    if (words.via == relay::name_of(Via::auth)) return Class::auth;
    if (words.via == relay::name_of(Via::pop)) return Class::pop;
    if (words.via == relay::name_of(Via::monitor)) return Class::monitor;
    return words.via == relay::name_of(Via::none) ? Class::ours : Class::trusted;
}

/// The Monday of the week, by local time.
sys_days monday_of(sys_seconds at) {
    const std::time_t time = at.time_since_epoch().count();
    std::tm local{};
    localtime_r(&time, &local);
    const sys_days date = year_month_day{year{local.tm_year + 1900}, month{static_cast<unsigned>(local.tm_mon + 1)},
                                         day{static_cast<unsigned>(local.tm_mday)}};
    return date - (weekday{date} - Monday);
}

void key_for(Class which, const VerdictWords& words, std::string& key) {
    const auto client = words.client;
    if (which == Class::auth || which == Class::pop) {
        key = words.user.empty() ? client : words.user;
    } else if (which == Class::trusted) {
        key.assign(client).append(1, ' ').append(words.via);
    } else {
        key.assign(client).append(1, ' ').append(words.user).append(1, ' ').append(words.reason);
    }
}

std::string lower(std::string_view text) {
    std::string all{text};
    for (char& c : all)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return all;
}

/// What stands before the domain of a login, in lower case.
std::string bare(std::string_view login) { return lower(login.substr(0, login.find_first_of("@%"))); }

/// Of each bare name, and of each address, the login that SMTP AUTH saw last.
using Newest = std::unordered_map<std::string, std::pair<const std::string*, const Sightings*>>;

Newest newest_logins(const Table& auth) {
    Newest newest;
    const auto offer = [&newest](std::string name, const std::string& who, const Sightings& seen) {
        auto& best = newest[std::move(name)];
        if (!best.second || best.second->last < seen.last) best = {&who, &seen};
    };
    for (const auto& [who, seen] : auth.rows) {
        offer(bare(who), who, seen);
        for (const auto& [address, at] : seen.addresses) offer(address, who, seen);
    }
    return newest;
}

}  // namespace

std::string_view name_of(Class which) {
    switch (which) {
        case Class::auth: return "auth";
        case Class::pop: return "pop";
        case Class::trusted: return "trusted";
        case Class::ours: return "ours";
        case Class::monitor: return "monitor";
        case Class::refused: return "refused";
        case Class::deferred: return "deferred";
    }
    return {};
}

void Sightings::add(const VerdictWords& words, sys_seconds at) {
    ++recipients;
    if (is_new_message(words.queue_id)) ++messages;
    first = std::min(first, at);
    last = std::max(last, at);
    add_address(words.client, at);
}

bool Sightings::is_new_message(std::string_view queue_id) {
    if (queue_id == "NOQUEUE") return true;
    const std::uint64_t hash = std::hash<std::string_view>{}(queue_id);
    if (std::find(open_messages_.begin(), open_messages_.end(), hash) != open_messages_.end()) return false;
    open_messages_[next_open_++ % open_messages_.size()] = hash;
    return true;
}

void Sightings::add_address(std::string_view client, sys_seconds at) {
    const auto found =
        std::find_if(addresses.begin(), addresses.end(), [&](const auto& known) { return known.first == client; });
    if (found != addresses.end()) {
        found->second = std::max(found->second, at);
        std::rotate(addresses.begin(), found, found + 1);
        return;
    }
    if (addresses.size() == kMostAddresses) {
        more_addresses = true;
        addresses.pop_back();
    }
    addresses.emplace(addresses.begin(), client.substr(0, 64), at);
}

Table* Tally::table_of(Class which) {
    switch (which) {
        case Class::auth: return &auth;
        case Class::pop: return &pop;
        case Class::trusted: return &trusted;
        case Class::ours: return nullptr;
        case Class::monitor: return &monitor;
        case Class::refused: return &refused;
        case Class::deferred: return &deferred;
    }
    return nullptr;
}

void Tally::add(const VerdictWords& words, sys_seconds at) {
    const auto which = class_of(words);
    ++verdicts;
    ++recipients[static_cast<std::size_t>(which)];
    first = std::min(first, at);
    last = std::max(last, at);
    add_to_week(which, at);
    auto* table = table_of(which);
    if (!table) return;
    key_for(which, words, key_);
    if (auto* row = table->rows.at(key_)) row->add(words, at);
    else ++table->left_out;
}

void Tally::add_to_week(Class which, sys_seconds at) {
    const auto hour = floor<hours>(at);
    if (hour != hour_) {
        hour_ = hour;
        const auto monday = monday_of(at);
        const bool has_room = weeks.size() < kMostWeeks || weeks.contains(monday);
        week_ = has_room ? &weeks[monday] : nullptr;
    }
    if (week_) ++week_->recipients[static_cast<std::size_t>(which)];
}

Transition transition(const Tally& tally) {
    Transition result;
    const auto newest = newest_logins(tally.auth);
    for (const auto& [who, pop] : tally.pop.rows) {
        const auto* auth = tally.auth.rows.find(who);
        if (auth && auth->last > pop.last) {
            ++result.moved;
            continue;
        }
        CutOff row{who, &pop, auth, {}};
        const auto similar = newest.find(bare(who));
        if (similar != newest.end() && similar->second.second != auth && similar->second.second->last > pop.last)
            row.similar_auth = *similar->second.first;
        result.cut_off.push_back(std::move(row));
    }
    std::sort(result.cut_off.begin(), result.cut_off.end(), [](const CutOff& a, const CutOff& b) {
        return std::tuple{b.pop->messages, b.pop->recipients, a.who} <
               std::tuple{a.pop->messages, a.pop->recipients, b.who};
    });
    return result;
}

}  // namespace relay::report
