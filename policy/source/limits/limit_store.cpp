#include "policy/source/limits/limit_store.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "policy/source/files/atomic_file.h"
#include "policy/source/files/escaped.h"
#include "policy/source/files/fault.h"
#include "policy/source/files/small_file.h"

namespace relay {
namespace {

/// More than the tables of a hundred limits, all full, come to.
constexpr std::size_t kLargestFile = std::size_t{1} << 30;

std::string set_aside(const std::string& path, const std::string& why) {
    const std::string damaged = path + ".damaged";
    const std::string text = escaped(path) + ": " + why + "; ";
    if (::rename(path.c_str(), damaged.c_str()) == 0)
        return text + "it is kept as " + escaped(damaged) + ", and limits count from nothing";
    return text + "it cannot be renamed (" + std::strerror(errno) + "); limits count from nothing and it will be replaced";
}

}  // namespace

std::shared_ptr<LimitTable> LimitStore::table(const std::string& name) {
    const std::scoped_lock lock{mutex_};
    auto& table = tables_[name];
    if (!table) table = std::make_shared<LimitTable>(seed_);
    return table;
}

LimitState LimitStore::state() const {
    LimitState state;
    state.moment = limit_moment();
    const LimitTime now{state.moment.since_boot};
    {
        const std::scoped_lock lock{mutex_};
        state.seed = seed_;
        for (const auto& [name, table] : tables_) state.limits.push_back({name, table->entries(now)});
    }
    state.logins = guard_.entries(now, false);
    return state;
}

void LimitStore::restore(LimitState state, const std::vector<LimitSettings>& limits) {
    const LimitState restored = aged(std::move(state), limit_moment());
    const LimitTime now{restored.moment.since_boot};
    {
        const std::scoped_lock lock{mutex_};
        seed_ = restored.seed;
    }
    for (const auto& [name, keys] : restored.limits) {
        const auto limit = std::find_if(limits.begin(), limits.end(), [&name = name](const auto& l) { return l.name == name; });
        if (limit == limits.end()) continue;
        const auto into = table(name);
        for (LimitTable::Entry key : keys) {
            key.value = limit->pace().sane(key.value, now);
            into->restore(key, now);
        }
    }
    for (const auto& login : restored.logins) guard_.restore(login);
}

std::string load_limits(LimitStore& store, const std::string& path, const std::vector<LimitSettings>& limits) {
    try {
        const auto file = read_small_file(path, kLargestFile);
        if (!file) return {};
        auto decoded = decode_limit_state(file->text);
        if (const auto* why = std::get_if<std::string>(&decoded)) return set_aside(path, *why);
        store.restore(std::get<LimitState>(std::move(decoded)), limits);
        return {};
    } catch (const Fault& fault) {
        return std::string{fault.what()} + "; limits count from nothing";
    }
}

void save_limits(const LimitStore& store, const std::string& path) {
    replace_file(path, encode_limit_state(store.state()));
}

}  // namespace relay
