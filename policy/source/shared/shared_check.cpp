#include "policy/source/shared/shared_check.h"

#include "policy/source/files/escaped.h"
#include "policy/source/shared/shared_entries.h"
#include "policy/source/shared/shared_fault.h"
#include "policy/source/shared/server_info.h"
#include "policy/source/shared/shared_keys.h"
#include "policy/source/shared/shared_since.h"
#include "policy/source/shared/shared_walk.h"

namespace relay {
namespace {

/// KEYS: entry, and for IPv6 the index. ARGV: when the entry ends, its member.
const RedisScript kMendScript{R"lua(
local left = redis.call('TTL', KEYS[1])
if left == -1 then
    redis.call('EXPIREAT', KEYS[1], ARGV[1])
    left = redis.call('TTL', KEYS[1])
end
if left < 0 or not KEYS[2] then return 1 end
if redis.call('TYPE', KEYS[2]).ok ~= 'zset' then redis.call('DEL', KEYS[2]) end
redis.call('ZADD', KEYS[2], 0, ARGV[2])
if redis.call('TTL', KEYS[2]) < left then redis.call('EXPIRE', KEYS[2], left + 1) end
return 1
)lua"};

std::string quoted(std::string_view bytes) {
    constexpr std::size_t most = 80;
    return '\'' + escaped(bytes.substr(0, most)) + (bytes.size() > most ? "'..." : "'");
}

struct Entry {
    Address client;
    LoginRecord record;
};

/// What is wrong with it, or nothing, and then it is in `entries`.
std::string take(std::string_view key, std::string_view data, std::vector<Entry>& entries) {
    const auto client = client_of(key);
    const auto record = decode_login_record(data, Layout::timestamp);
    if (!client) return "the key " + quoted(std::string{kLoginPrefix}.append(key)) + " names no address as it is looked up";
    if (!record) return "the entry of " + quoted(key) + " is no login record: " + quoted(data);
    entries.push_back({*client, *record});
    return {};
}

/// Is the entry as its writer left it? Nothing where it has gone meanwhile.
std::string judge(const Entry& entry, const RedisReply& left, const RedisReply* indexed) {
    if (left.integer() && *left.integer() == -2) return {};
    if (!left.integer() || *left.integer() == -1) return "the entry of " + entry.client.text() + " has no end";
    if (indexed && !indexed->text()) return "the entry of " + entry.client.text() + " is not in the index of its network";
    return {};
}

using Use = std::function<void(const Entry& entry, std::string fault)>;

/// Calls `use` with each of `entries`, and what is wrong with its end or index; empty for what is sound.
void look_at(const SharedCheck& check, const std::vector<Entry>& entries, const Use& use) {
    std::vector<RedisCommand> commands;
    for (const Entry& entry : entries) {
        commands.push_back({"TTL", entry_key(entry.client)});
        if (const auto index = index_key(entry.client)) commands.push_back({"ZSCORE", *index, index_member(entry.client)});
    }
    if (commands.empty()) return;
    const auto replies = or_fault([&] { return check.server->call(commands, check.deadline); });
    std::size_t at = 0;
    for (const Entry& entry : entries) {
        const RedisReply& left = replies[at++];
        const RedisReply* indexed = entry.client.is_v4() ? nullptr : &replies[at++];
        use(entry, judge(entry, left, indexed));
    }
}

/// Does a full server throw logins away? Not everybody may ask.
std::string judge_eviction(const SharedCheck& check) {
    const std::vector<RedisCommand> info{{"INFO", "memory"}};
    const auto reply = or_fault([&] { return check.server->call(info, check.deadline).at(0); });
    const auto policy = reply.text() ? info_value("maxmemory_policy", *reply.text()) : std::string_view{};
    if (policy.empty() || policy == "noeviction" || info_value("maxmemory", *reply.text()) == "0") return {};
    return "its maxmemory-policy is " + escaped(policy) + ": when it is full it throws logins away, which noeviction does not";
}

}  // namespace

Verification verify_shared(const SharedCheck& check, Watch& watch) {
    Verification result;
    std::vector<Entry> entries;
    const auto tell = [&result](std::string fault) {
        if (!fault.empty()) result.faults.add(std::move(fault));
    };
    SharedWalk walk{check.server, check.deadline};
    while (walk.next([&](std::string_view key, std::string_view data) { tell(take(key, data, entries)); })) {
        look_at(check, entries, [&tell](const Entry&, std::string fault) { tell(std::move(fault)); });
        result.entries += entries.size();
        entries.clear();
        watch.progress(result.entries);
    }
    if (!or_fault([&] { return since_on(*check.server, check.deadline); }))
        tell(std::string{kSinceKey}.append(" says no time: whoever has no entry is deferred"));
    tell(judge_eviction(check));
    return result;
}

SharedRepair repair_shared(const SharedCheck& check, Watch& watch) {
    SharedRepair repair;
    watch.begin();
    std::vector<Entry> entries;
    SharedWalk walk{check.server, check.deadline};
    while (walk.next([&](std::string_view key, std::string_view data) { static_cast<void>(take(key, data, entries)); })) {
        std::vector<RedisRun> runs;
        look_at(check, entries, [&](const Entry& entry, const std::string& fault) {
            if (fault.empty()) return;
            const auto end = end_of(entry.record, check.window).time_since_epoch().count();
            RedisRun run{kMendScript, {entry_key(entry.client)}, {std::to_string(end)}};
            if (const auto index = index_key(entry.client)) {
                run.keys.push_back(*index);
                run.arguments.push_back(index_member(entry.client));
            }
            runs.push_back(std::move(run));
        });
        repair.mended += runs.size();
        or_fault([&] {
            if (runs.empty()) return;
            for (const RedisReply& reply : check.server->run(runs, check.deadline))
                if (const auto* error = reply.error()) throw check.server->fault_of(*error);
        });
        entries.clear();
        watch.progress(repair.mended);
    }
    repair.since_set = or_fault([&] { return set_since_where_missing(*check.server, check.deadline); });
    repair.left = verify_shared(check, watch);
    return repair;
}

}  // namespace relay
