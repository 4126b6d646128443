#include "policy/source/shared/shared_limits.h"

#include <algorithm>
#include <iterator>

#include "policy/login_name.h"
#include "policy/source/shared/limit_keys.h"
#include "policy/source/shared/limit_replies.h"

namespace relay {
namespace {

using namespace limit_replies;
using std::chrono::microseconds;

std::string number(std::int64_t value) { return std::to_string(value); }
std::string steps(LimitTime time) { return number(std::chrono::duration_cast<microseconds>(time).count()); }

/// `ask`; a fault of the server's is a look-up that failed.
template <class Ask>
auto told(const char* what, Ask ask) -> decltype(ask()) {
    try {
        return ask();
    } catch (const RedisFault& fault) {
        return Failed{std::string{what} + ": " + fault.what()};
    }
}

}  // namespace

SharedLimits::SharedLimits(const Settings& settings, std::shared_ptr<RedisClient> client, const LimitScripts& scripts)
    : client_{std::move(client)}, scripts_{scripts}, guard_{settings.guard} {
    for (const LimitSettings& limit : settings.limits) {
        limits_.push_back({limit, limit.pace(kStep), limit_keys::of_limit(limit.name)});
        counts_refusals_ = counts_refusals_ || limit.count == LimitCount::refusals;
    }
}

std::vector<SharedLimits::Demand> SharedLimits::demands(const LimitSubject& subject, bool message_counted) const {
    std::vector<Demand> all;
    for (const Limit& limit : limits_)
        if (auto demand = demand_of(limit.settings, subject, message_counted)) all.push_back({*std::move(demand), &limit});
    return all;
}

void SharedLimits::ask(std::vector<Demand>& demands) const {
    RedisRun run{scripts_.charge(), {}, {}};
    for (const Demand& demand : demands) {
        const Pace& pace = demand.of->pace;
        run.keys.push_back(demand.of->name + limit_keys::bounded(demand.key));
        for (auto argument : {steps(pace.interval()), steps(pace.depth()), number(demand.binding), number(demand.free)})
            run.arguments.push_back(std::move(argument));
    }
    const RedisReply reply = client_->run(run);
    const auto& waits = elements(*client_, reply, demands.size(), "the limits");
    for (std::size_t i = 0; i < demands.size(); ++i) {
        const auto* wait = waits[i].integer();
        if (!wait || *wait < 0) strange(*client_, "the limits");
        demands[i].wait = std::min<LimitTime>(microseconds{*wait}, demands[i].of->pace.interval());
        demands[i].had_room = *wait == 0;
    }
}

Lookup<OverLimits> SharedLimits::judged(std::vector<Demand> demands) const {
    if (demands.empty()) return Absent{};
    return told("limits", [&] {
        ask(demands);
        return limits_over(demands);
    });
}

Lookup<OverLimits> SharedLimits::charge(const LimitSubject& subject, bool message_counted, LimitTime) const {
    return judged(demands(subject, message_counted));
}

Lookup<OverLimits> SharedLimits::peek(const LimitSubject& subject, bool message_counted, LimitTime) const {
    auto all = demands(subject, message_counted);
    for (Demand& demand : all) demand.free = true;
    return judged(std::move(all));
}

void SharedLimits::count_refusal(const LimitSubject& subject, LimitTime) const {
    auto all = demands(subject, true);
    std::erase_if(all, [](const Demand& demand) { return !demand.free; });
    for (Demand& demand : all) demand.binding = demand.free = false;
    if (!all.empty()) ask(all);
}

std::optional<SharedLimits::Standing> SharedLimits::ask_guard(std::string_view login, std::string_view event,
                                                              std::vector<std::string> arguments,
                                                              std::optional<std::chrono::milliseconds> deadline) const {
    const std::string key = limit_keys::bounded(login_key(login));
    if (key.empty()) return {};
    RedisRun run{scripts_.guard(), {limit_keys::of_guard(key), limit_keys::braked()}, {key, std::string{event}}};
    std::move(arguments.begin(), arguments.end(), std::back_inserter(run.arguments));
    const RedisReply reply = client_->run(run, deadline);
    if (reply.nil()) return {};
    const auto& standing = elements(*client_, reply, 4, "the guard");
    const auto *left = standing[0].integer(), *count = standing[2].integer(), *is_new = standing[3].integer();
    if (!left || !count || !is_new) strange(*client_, "the guard");
    return Standing{brake_left(*client_, standing[1], *count, *left), *is_new != 0};
}

Lookup<Braked> SharedLimits::brake(std::string_view login, const std::optional<Address>& seen_from, LimitTime) const {
    if (!guard_.on) return Absent{};
    return told("guard", [&]() -> Lookup<Braked> {
        const auto standing = seen_from && guard_.networks != 0
                                  ? ask_guard(login, name_of(GuardCause::networks),
                                              {steps(guard_.hold), steps(guard_.within), number(guard_.networks),
                                               guard_network(*seen_from).text()})
                                  : ask_guard(login, "look", {});
        if (!standing) return Absent{};
        return braked_by(standing->record, guard_, LimitTime{0});
    });
}

std::optional<Braked> SharedLimits::count_against(std::string_view login, GuardCause cause, LimitTime) const {
    const unsigned most = cause == GuardCause::refusals ? guard_.refusals : guard_.limit_hits;
    if (!guard_.on || most == 0) return {};
    const Pace pace{most, guard_.within, most, kStep};
    const auto standing = ask_guard(login, name_of(cause), {steps(guard_.hold), steps(guard_.within), number(most),
                                                            steps(pace.interval()), steps(pace.depth())});
    if (!standing || !standing->is_new) return {};
    return braked_by(standing->record, guard_, LimitTime{0});
}

bool SharedLimits::release(const std::string& login, LimitTime) const {
    return ask_guard(login, "release", {}, kAdminDeadline).has_value();
}

}  // namespace relay
