// What an admin is shown of shared limits, and the reset of a key.
#include <algorithm>
#include <stdexcept>
#include <tuple>

#include "policy/login_name.h"
#include "policy/source/shared/limit_keys.h"
#include "policy/source/shared/limit_replies.h"
#include "policy/source/shared/shared_limits.h"
#include "policy/source/shared/shared_scan.h"

namespace relay {
namespace {

using namespace limit_replies;

/// SCAN may name a key twice.
std::vector<Limits::Fill> each_once(std::vector<Limits::Fill> fills) {
    const auto name = [](const Limits::Fill& fill) { return std::tie(fill.limit, fill.key); };
    std::sort(fills.begin(), fills.end(), [&](const auto& a, const auto& b) { return name(a) < name(b); });
    const auto same = [&](const auto& a, const auto& b) { return name(a) == name(b); };
    fills.erase(std::unique(fills.begin(), fills.end(), same), fills.end());
    return fills;
}

}  // namespace

std::optional<Limits::Fill> SharedLimits::fill_of(const std::string& name, const RedisReply& value, LimitTime now) const {
    const auto limit = std::find_if(limits_.begin(), limits_.end(), [&](const Limit& l) { return name.starts_with(l.name); });
    if (limit == limits_.end()) return {};  // No longer configured.
    const LimitTime moment = limit->pace.sane(moment_of(value), now);
    const unsigned used = limit->pace.used(moment, now);
    if (used == 0) return {};
    return Fill{&limit->settings, name.substr(limit->name.size()), used, limit->pace.wait(moment, now)};
}

std::vector<Limits::Fill> SharedLimits::fills_of(const std::vector<std::string>& names) const {
    if (names.empty()) return {};
    RedisCommand get{"MGET"};
    get.insert(get.end(), names.begin(), names.end());
    const auto replies = sure(*client_, client_->call(std::vector{RedisCommand{"TIME"}, std::move(get)}, kAdminDeadline));
    const LimitTime now = time_of(*client_, replies.at(0));
    const auto& values = elements(*client_, replies.at(1), names.size(), "MGET");
    std::vector<Fill> fills;
    for (std::size_t i = 0; i < names.size(); ++i)
        if (auto fill = fill_of(names[i], values[i], now)) fills.push_back(*std::move(fill));
    return fills;
}

std::vector<std::string> SharedLimits::names_of(const std::string& key) const {
    const std::string wanted = limit_keys::bounded(login_key(key));  // A client, network or domain is its own.
    std::vector<std::string> names;
    for (const Limit& limit : limits_) names.push_back(limit.name + wanted);
    return names;
}

std::vector<Limits::Fill> SharedLimits::fullest(std::size_t most, const std::string& only, LimitTime) const {
    if (limits_.empty()) return {};
    if (!only.empty()) return fullest_of(fills_of(names_of(only)), most);
    std::vector<Fill> all;
    SharedScan scan{client_, limit_keys::limits(), kAdminDeadline};
    for (std::size_t steps = 0; !scan.over(); ++steps) {
        if (steps == kMostSteps)
            throw std::runtime_error{client_->name() + ": there are too many keys to look through; ask for one KEY"};
        for (Fill& fill : fills_of(scan.next())) all.push_back(std::move(fill));
        all = fullest_of(each_once(std::move(all)), most);
    }
    return all;
}

std::size_t SharedLimits::reset(const std::string& key) const {
    std::vector<RedisCommand> commands;
    for (std::string& name : names_of(key)) commands.push_back({"DEL", std::move(name)});
    if (commands.empty()) return 0;
    const auto replies = sure(*client_, client_->call(commands, kAdminDeadline));
    return static_cast<std::size_t>(std::count_if(replies.begin(), replies.end(), [](const RedisReply& reply) {
        return reply.integer() && *reply.integer() == 1;
    }));
}

std::vector<Limits::Brake> SharedLimits::brakes(LimitTime) const {
    if (!guard_.on) return {};
    const RedisCommand by_end{"ZREVRANGEBYSCORE", limit_keys::braked(), "+inf", "-inf",
                              "LIMIT", "0", std::to_string(kMostBrakes)};
    const auto replies = sure(*client_, client_->call(std::vector{RedisCommand{"TIME"}, by_end}, kAdminDeadline));
    const LimitTime now = time_of(*client_, replies.at(0));
    const auto* logins = replies.at(1).array();
    if (!logins) strange(*client_, "the braked");
    std::vector<RedisCommand> asks;
    for (const RedisReply& login : *logins)
        if (login.text()) asks.push_back({"HMGET", limit_keys::of_guard(*login.text()), "until", "cause", "count"});
    if (asks.empty()) return {};
    std::vector<Brake> all;
    const auto records = sure(*client_, client_->call(asks, kAdminDeadline));
    for (std::size_t i = 0; i < records.size(); ++i) {
        const auto& record = elements(*client_, records[i], 3, "the guard");
        const std::int64_t until = number_of(record[0]);
        const std::int64_t left = until < 0 ? until : until - now / std::chrono::microseconds{1};
        if (until != 0 && (until < 0 || left > 0))
            all.push_back(brake_of(asks[i][1].substr(limit_keys::of_guard("").size()),
                                   brake_left(*client_, record[1], number_of(record[2]), left), guard_, LimitTime{0}));
    }
    return all;
}

}  // namespace relay
