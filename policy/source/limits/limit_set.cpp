#include "policy/source/limits/limit_set.h"

#include <algorithm>
#include <tuple>

#include "policy/login_name.h"

namespace relay {
namespace {

std::chrono::seconds rounded_up(LimitTime time) { return std::chrono::ceil<std::chrono::seconds>(time); }

Action action_of(LimitAction action) {
    switch (action) {
        case LimitAction::defer: return Action::defer;
        case LimitAction::refuse: return Action::refuse;
        case LimitAction::log: return Action::permit;
    }
    return Action::defer;
}

}  // namespace

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
    for (std::size_t i = 0; i < limits_.size(); ++i) {
        const auto& [limit, pace, table] = limits_[i];
        if (limit.count == LimitCount::messages && message_counted) continue;
        auto key = limit_key(limit, subject);
        if (!key) continue;
        LimitTable::Demand& demand = all.emplace_back();
        demand.table = table.get();
        demand.key = *std::move(key);
        demand.pace = pace;
        demand.binding = !limit.only_tells();
        demand.free = limit.count == LimitCount::refusals;
        demand.rank = i;
    }
    return all;
}

OverLimits LimitSet::over(const std::vector<LimitTable::Demand>& demands) const {
    std::vector<const LimitTable::Demand*> full;
    for (const auto& demand : demands)
        if (!demand.had_room) full.push_back(&demand);
    // Those that stop first, and of these the one that has to be waited for longest: no reply names too short a wait.
    std::sort(full.begin(), full.end(), [](const auto* a, const auto* b) {
        return std::tuple{b->binding, b->wait, a->rank} < std::tuple{a->binding, a->wait, b->rank};
    });
    OverLimits over;
    for (const auto* demand : full) {
        const LimitSettings& limit = limits_[demand->rank].settings;
        over.limits.push_back({limit.name, action_of(limit.action), rounded_up(demand->wait),
                               limit.count == LimitCount::recipients, limit.mode});
    }
    return over;
}

Lookup<OverLimits> LimitSet::charge(const LimitSubject& subject, bool message_counted, LimitTime now) const {
    return judged(demands(subject, message_counted), now);
}

Lookup<OverLimits> LimitSet::peek(const LimitSubject& subject, bool message_counted, LimitTime now) const {
    auto all = demands(subject, message_counted);
    for (LimitTable::Demand& demand : all) demand.free = true;
    return judged(std::move(all), now);
}

Lookup<OverLimits> LimitSet::judged(std::vector<LimitTable::Demand> demands, LimitTime now) const {
    if (demands.empty()) return Absent{};
    LimitTable::charge(demands, now);
    OverLimits exceeded = over(demands);
    if (exceeded.limits.empty()) return Absent{};
    return exceeded;
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
    return braked_by(braked->record, now);
}

std::optional<Braked> LimitSet::count_against(std::string_view login, GuardCause cause, LimitTime now) const {
    if (!store_ || !guard_.on) return {};
    const auto braked = store_->guard().count(login, cause, guard_, now);
    if (!braked) return {};
    return braked_by(braked->record, now);
}

Braked LimitSet::braked_by(const GuardRecord& record, LimitTime now) const {
    const bool for_ever = record.braked_until == GuardRecord::kForEver;
    return {action_of(guard_.action), for_ever ? std::chrono::seconds{0} : rounded_up(record.braked_until - now),
            cause_text(record, guard_)};
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
    const auto fuller = [](const Fill& a, const Fill& b) {
        const auto share = [](const Fill& fill) { return static_cast<double>(fill.used) / fill.limit->burst; };
        return std::tuple{share(b), a.key} < std::tuple{share(a), b.key};
    };
    std::sort(all.begin(), all.end(), fuller);
    if (all.size() > most) all.resize(most);
    return all;
}

std::size_t LimitSet::reset(const std::string& key) const {
    return static_cast<std::size_t>(std::count_if(limits_.begin(), limits_.end(), [wanted = login_key(key)](const Limit& limit) {
        return limit.table->forget(wanted);
    }));
}

std::vector<LimitSet::Brake> LimitSet::brakes(LimitTime now) const {
    std::vector<Brake> all;
    if (!store_) return all;
    for (const auto& [login, record] : store_->guard().entries(now, true)) {
        Brake& brake = all.emplace_back(Brake{login, cause_text(record, guard_), {}});
        if (record.braked_until != GuardRecord::kForEver) brake.left = record.braked_until - now;
    }
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
