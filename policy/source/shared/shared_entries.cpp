#include "policy/source/shared/shared_entries.h"

#include <algorithm>

#include "policy/source/shared/shared_fault.h"
#include "policy/source/shared/shared_keys.h"

namespace relay {
namespace {

/// Of one pipeline: some milliseconds of the server's time, and well below its limits of a client's buffers.
constexpr std::size_t kBatch = 500;
constexpr int kMostRounds = 100;

/// KEYS: entry, since, and for IPv6 the index. ARGV: what stood, what is to stand, when that ends, member, prefix of entries.
/// Returns 1, or what stands now where it is something else. The index is a member ahead of the entries rather than one
/// behind, and takes the place of what is none; dead members behind this one, or the first ones, are cleared away.
const RedisScript kChangeScript{R"lua(
local standing = redis.pcall('GET', KEYS[1])
if type(standing) == 'table' then
    if not string.find(standing.err, '^WRONGTYPE') then return standing end
    standing = '?'
end
if standing and (standing == '' or #standing > 4096) then standing = '?' end
if (standing or '') ~= ARGV[1] then return standing or '' end
if ARGV[1] == ARGV[2] then return 1 end
if ARGV[2] == '' then
    redis.call('DEL', KEYS[1])
else
    if redis.call('EXISTS', KEYS[2]) == 0 then redis.call('SET', KEYS[2], redis.call('TIME')[1]) end
    if KEYS[3] and type(redis.pcall('ZADD', KEYS[3], 0, ARGV[4])) == 'table' then
        redis.call('DEL', KEYS[3])
        redis.call('ZADD', KEYS[3], 0, ARGV[4])
    end
    redis.call('SET', KEYS[1], ARGV[2])
    redis.call('EXPIREAT', KEYS[1], ARGV[3])
end
if KEYS[3] then
    local left = redis.call('TTL', KEYS[1])
    if left < 0 then redis.call('ZREM', KEYS[3], ARGV[4]) end
    if redis.call('TTL', KEYS[3]) < left then redis.call('EXPIREAT', KEYS[3], ARGV[3]) end
    local near = redis.call('ZRANGEBYLEX', KEYS[3], '(' .. ARGV[4], '+', 'LIMIT', 0, 4)
    if #near < 4 then near = redis.call('ZRANGEBYLEX', KEYS[3], '-', '+', 'LIMIT', 0, 4) end
    for _, member in ipairs(near) do
        if redis.call('EXISTS', ARGV[5] .. string.sub(member, 34)) == 0 then redis.call('ZREM', KEYS[3], member) end
    end
end
return 1
)lua"};

}  // namespace

std::chrono::sys_seconds end_of(const LoginRecord& record, std::chrono::seconds window) {
    return record.at + window + std::chrono::seconds{1};
}

RedisRun SharedEntries::run_for(const Attempt& attempt, const std::string& next) const {
    RedisRun run{kChangeScript, {entry_key(attempt.client), std::string{kSinceKey}}, {attempt.standing, next}};
    const auto record = decode_login_record(next, Layout::timestamp);
    run.arguments.push_back(std::to_string(record ? end_of(*record, window_).time_since_epoch().count() : 0));
    if (const auto index = index_key(attempt.client)) {
        run.keys.push_back(*index);
        run.arguments.push_back(index_member(attempt.client));
        run.arguments.emplace_back(kLoginPrefix);
    }
    return run;
}

/// Those that found something else than they had expected.
std::vector<SharedEntries::Attempt> SharedEntries::attempt(std::vector<Attempt> open, const Decide& decide) {
    std::vector<RedisRun> runs;
    std::vector<Attempt*> tried;
    for (Attempt& each : open) {
        const auto next = decide(each.client, each.standing);
        if (!each.standing.empty() && (!next || *next == each.standing)) continue;  // As the server has said.
        runs.push_back(run_for(each, next.value_or(std::string{})));
        tried.push_back(&each);
    }
    std::vector<Attempt> again;
    const auto replies = runs.empty() ? std::vector<RedisReply>{} : server_->run(runs, deadline_);
    for (std::size_t i = 0; i < replies.size(); ++i) {
        if (const auto* error = replies[i].error()) throw server_->fault_of(*error);
        if (const auto* standing = replies[i].text()) again.push_back({tried[i]->client, *standing});
        else if (!replies[i].integer())
            throw RedisFault{RedisFault::Kind::strange, server_->name() + ": the answer to a change is none"};
    }
    return again;
}

void SharedEntries::change(std::span<const Address> clients, const Decide& decide) {
    for (; !clients.empty(); clients = clients.subspan(std::min(kBatch, clients.size()))) {
        std::vector<Attempt> open;
        for (const Address& client : clients.first(std::min(kBatch, clients.size()))) open.push_back({client, {}});
        for (int round = 0; !open.empty(); ++round) {
            if (round == kMostRounds)
                throw Fault{Trouble::locked, server_->name() + ": others change the same entries again and again"};
            open = or_fault([&] { return attempt(std::move(open), decide); });
        }
    }
}

}  // namespace relay
