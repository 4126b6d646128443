#include "policy/source/limits/limit_set.h"

#include <algorithm>

#include "policy/login_name.h"

namespace relay {

LimitSet::LimitSet(const Settings& settings, std::shared_ptr<LimitStore> store)
    : guard_{settings.guard}, store_{std::move(store)} {
    if (!store_) return;
    for (const LimitSettings& limit : settings.limits) {
        limits_.push_back({limit, limit.pace(), store_->table(limit.name)});
        counts_refusals_ = counts_refusals_ || limit.count == LimitCount::refusals;
    }
}

std::vector<LimitTable::Demand> LimitSet::demands(const LimitSubject& subject, bool message_counted) const {
    std::vector<LimitTable::Demand> all;
    for (const auto& [limit, pace, table] : limits_)
        if (auto demand = demand_of(limit, subject, message_counted)) all.emplace_back(*std::move(demand), table.get(), pace);
    return all;
}

Lookup<OverLimits> LimitSet::charge(const LimitSubject& subject, bool message_counted, LimitTime now) const {
    return judged(demands(subject, message_counted), now);
}

Lookup<OverLimits> LimitSet::peek(const LimitSubject& subject, bool message_counted, LimitTime now) const {
    auto all = demands(subject, message_counted);
    for (LimitTable::Demand& demand : all) demand.free = true;
    return judged(std::move(all), now);
}

Lookup<OverLimits> LimitSet::judged(std::vector<LimitTable::Demand> demands, LimitTime now) {
    if (!demands.empty()) LimitTable::charge(demands, now);
    return limits_over(demands);
}

void LimitSet::count_refusal(const LimitSubject& subject, LimitTime now) const {
    std::vector<LimitTable::Demand> all;
    for (LimitTable::Demand& demand : demands(subject, true)) {
        if (!demand.free) continue;
        demand.binding = demand.free = false;
        all.push_back(std::move(demand));
    }
    if (!all.empty()) LimitTable::charge(all, now);
}

Lookup<Braked> LimitSet::brake(std::string_view login, const std::optional<Address>& seen_from, LimitTime now) const {
    if (!store_ || !guard_.on) return Absent{};
    const auto braked = store_->guard().see(login, seen_from, guard_, now);
    if (!braked) return Absent{};
    return braked_by(braked->record, guard_, now);
}

std::optional<Braked> LimitSet::count_against(std::string_view login, GuardCause cause, LimitTime now) const {
    if (!store_ || !guard_.on) return {};
    const auto braked = store_->guard().count(login, cause, guard_, now);
    if (!braked) return {};
    return braked_by(braked->record, guard_, now);
}

std::vector<LimitSet::Fill> LimitSet::fullest(std::size_t most, const std::string& only, LimitTime now) const {
    const std::string wanted = login_key(only);  // A client, network or domain is its own.
    std::vector<Fill> all;
    for (const auto& [limit, pace, table] : limits_) {
        const auto add = [&, &settings = limit, &rate = pace](std::string key, LimitTime value) {
            if (const unsigned used = rate.used(value, now))
                all.push_back({&settings, std::move(key), used, rate.wait(value, now)});
        };
        if (!wanted.empty()) add(wanted, table->value(wanted));
        else for (const auto& entry : table->entries(now)) add(entry.text, entry.value);
    }
    return fullest_of(std::move(all), most);
}

std::size_t LimitSet::reset(const std::string& key) const {
    return static_cast<std::size_t>(std::count_if(limits_.begin(), limits_.end(), [wanted = login_key(key)](const Limit& limit) {
        return limit.table->forget(wanted);
    }));
}

std::vector<LimitSet::Brake> LimitSet::brakes(LimitTime now) const {
    std::vector<Brake> all;
    if (!store_) return all;
    for (const auto& [login, record] : store_->guard().entries(now, true)) all.push_back(brake_of(login, record, guard_, now));
    return all;
}

bool LimitSet::release(const std::string& login, LimitTime now) const {
    return store_ && store_->guard().release(login, now);
}

std::uint64_t LimitSet::forgotten() const {
    std::uint64_t sum = 0;
    for (const Limit& limit : limits_) sum += limit.table->forgotten();
    return sum;
}

}  // namespace relay
