#include "policy/source/shared/limit_scripts.h"

namespace relay {
namespace {

constexpr std::string_view kServersClock = R"(
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
)";

// What a clock that was set back left too far ahead is cut to a full burst (Pace::sane), also where nothing is charged: else
// it would be as far ahead of the next one who asks.
constexpr std::string_view kCharge = R"(
local function put(key, moment)
    redis.call('SET', key, string.format('%.0f', moment))
    redis.call('PEXPIREAT', key, string.format('%.0f', math.ceil(moment / 1000)))
end
local values, after, waits = redis.call('MGET', unpack(KEYS)), {}, {}
local permitted = true
for i = 1, #KEYS do
    local interval, depth, binding = tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2]), ARGV[4 * i - 1]
    local value = tonumber(values[i]) or 0
    if value > now + depth then
        value = now + depth
        put(KEYS[i], value)
    end
    local next = math.max(value, now) + interval
    waits[i] = math.max(0, next - (now + depth))
    after[i] = math.max(value, math.min(next, now + depth))
    if waits[i] > 0 and binding == '1' then permitted = false end
end
if not permitted then return waits end
for i = 1, #KEYS do
    if ARGV[4 * i] ~= '1' then put(KEYS[i], after[i]) end
end
return waits
)";

// Of the hash: "until" (-1: until it is released), "cause" and "count" of the last brake; "refusals" and "limit hits", each
// the moment of its pace; "network:NETWORK", when it was last seen there.
constexpr std::string_view kGuard = R"(
local login, event = ARGV[1], ARGV[2]
local hold, within, most = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local known, fields = {}, redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do known[fields[i]] = fields[i + 1] end

local ends = tonumber(known['until']) or 0
if ends == -1 or now < ends then
    if event == 'release' then
        redis.call('DEL', KEYS[1])
        redis.call('ZREM', KEYS[2], login)
    end
    return {ends == -1 and -1 or ends - now, known['cause'], tonumber(known['count']), 0}
end
if event == 'look' then return false end
if event == 'release' then
    redis.call('DEL', KEYS[1])
    return false
end

local function brake(count)
    local moment = string.format('%.0f', hold == 0 and -1 or now + hold)
    redis.call('DEL', KEYS[1])
    redis.call('HSET', KEYS[1], 'until', moment, 'cause', event, 'count', count)
    if hold ~= 0 then redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.ceil((now + hold) / 1000))) end
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now))
    redis.call('ZADD', KEYS[2], hold == 0 and '+inf' or moment, login)
    return {hold == 0 and -1 or hold, event, count, 1}
end

local function is_network(field) return string.sub(field, 1, 8) == 'network:' end

-- Until the last of what is known does not matter any more, and until `moment`.
local function keep(field, value, moment)
    for other, text in pairs(known) do
        if is_network(other) then moment = math.max(moment, (tonumber(text) or 0) + within)
        elseif other == 'refusals' or other == 'limit hits' then moment = math.max(moment, tonumber(text) or 0) end
    end
    redis.call('HSET', KEYS[1], field, string.format('%.0f', value))
    redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', math.ceil(moment / 1000)))
    return false
end

if event == 'networks' then
    local here, count, old = 'network:' .. ARGV[6], 1, {}
    for field, at in pairs(known) do
        if is_network(field) and field ~= here then
            if (tonumber(at) or 0) + within <= now then old[#old + 1] = field else count = count + 1 end
        end
    end
    if count > most then return brake(count) end
    if #old > 0 then redis.call('HDEL', KEYS[1], unpack(old)) end
    return keep(here, now, now + within)
end

local interval, depth = tonumber(ARGV[6]), tonumber(ARGV[7])
local value = math.min(tonumber(known[event]) or 0, now + depth)
local next = math.max(value, now) + interval
if next > now + depth then return brake(most) end
return keep(event, next, next)
)";

std::string joined(std::string_view clock, std::string_view script) { return std::string{clock}.append(script); }

}  // namespace

LimitScripts::LimitScripts(std::string_view clock)
    : charge_text_{joined(clock, kCharge)}, guard_text_{joined(clock, kGuard)}, charge_{charge_text_}, guard_{guard_text_} {}

const LimitScripts& limit_scripts() {
    static const LimitScripts scripts{kServersClock};
    return scripts;
}

}  // namespace relay
