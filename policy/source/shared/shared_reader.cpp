#include "policy/source/shared/shared_reader.h"

#include <fmt/chrono.h>

#include "policy/source/files/escaped.h"
#include "policy/source/logins/newest_record.h"
#include "policy/source/shared/server_info.h"
#include "policy/source/shared/shared_keys.h"

namespace relay {
namespace {

using std::chrono::sys_seconds;

constexpr std::size_t kMostOfNetwork = 1000;
constexpr std::size_t kMostShown = 80;  // bytes of what cannot be read
/// So long after a server was away logins may still wait on the hosts where they came in: they are sent once a minute.
constexpr std::chrono::seconds kLateLogins{120};

std::chrono::seconds even_clock() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch());
}

/// ARGV: index, since, the range of members, the most of them, the prefix of their keys, the client's own. No KEYS: a server lets nobody name any
/// to a script who may only read them.
const RedisScript kNetworkScript{R"lua(
local found = {redis.call('GET', ARGV[7]) or nil}
local members = redis.call('ZRANGEBYLEX', ARGV[1], ARGV[3], ARGV[4], 'LIMIT', 0, tonumber(ARGV[5]) + 1)
for i = 1, math.min(#members, tonumber(ARGV[5])) do
    local entry = redis.call('GET', ARGV[6] .. string.sub(members[i], 34))
    if entry then found[#found + 1] = entry end
end
return {redis.call('GET', ARGV[2]) or '', #members, found}
)lua"};

const std::string& text_in(const RedisReply& reply, const RedisClient& server) {
    if (const auto* error = reply.error()) throw server.fault_of(*error);
    static const std::string none;
    if (reply.nil()) return none;
    if (const auto* text = reply.text()) return *text;
    throw RedisFault{RedisFault::Kind::strange, server.name() + ": the answer to a look-up is no text"};
}

}  // namespace

/// What the server said of a client or its network.
struct SharedReader::Answer {
    std::vector<std::string> entries;
    std::string since;        ///< Empty: nobody knows.
    bool all_of_them = true;  ///< Else there are more entries than were looked at.
};

SharedReader::SharedReader(std::shared_ptr<RedisClient> server, const PopSettings& settings)
    : server_{std::move(server)}, window_{settings.window}, prefix6_{settings.prefix6} {}

Lookup<LoginRecord> SharedReader::find(const Address& client) const {
    try {
        return clock_.doubt(judge(client.is_v4() || prefix6_ >= 128 ? ask(client) : ask_for_network(client)), window_);
    } catch (const RedisFault& fault) {
        away_ = even_clock();
        return Failed{fault.what()};
    }
}

/// The entry before the time: where the server is emptied in between, nobody is taken to be absent.
SharedReader::Answer SharedReader::ask(const Address& client) const {
    const std::vector<RedisCommand> commands{{"GET", entry_key(client)}, {"GET", std::string{kSinceKey}}};
    const auto replies = server_->call(commands);
    Answer answer;
    answer.since = text_in(replies.at(1), *server_);
    const std::string& entry = text_in(replies.at(0), *server_);
    if (!replies[0].nil()) answer.entries.push_back(entry);
    return answer;
}

SharedReader::Answer SharedReader::ask_for_network(const Address& client) const {
    auto [first, last] = index_range(Network::around(client, prefix6_));
    const auto reply = server_->run({kNetworkScript,
                                     {},
                                     {index_key(client).value(), std::string{kSinceKey}, std::move(first), std::move(last),
                                      std::to_string(kMostOfNetwork), std::string{kLoginPrefix}, entry_key(client)}});
    const auto* parts = reply.array();
    const auto* members = parts && parts->size() == 3 ? (*parts)[1].integer() : nullptr;
    const auto* found = members ? (*parts)[2].array() : nullptr;
    if (!found) throw RedisFault{RedisFault::Kind::strange, server_->name() + ": the answer for a network is none"};
    Answer answer;
    answer.since = text_in((*parts)[0], *server_);
    for (const RedisReply& entry : *found) answer.entries.push_back(text_in(entry, *server_));
    answer.all_of_them = static_cast<std::size_t>(*members) <= kMostOfNetwork;
    return answer;
}

/// At most once a second, when somebody is absent. Not everybody may ask: then nothing is known of it.
void SharedReader::look_whether_it_takes_logins() const {
    const auto now = even_clock();
    if (looked_.exchange(now) == now) return;
    const std::vector<RedisCommand> info{{"INFO", "replication"}, {"INFO", "memory"}};
    const auto replies = server_->call(info);
    const auto* replication = replies.at(0).text();
    const auto* memory = replies.at(1).text();
    if (replication && memory && takes_no_changes(*replication, *memory)) away_ = now;
}

Lookup<LoginRecord> SharedReader::judge(const Answer& answer) const {
    NewestRecord newest;
    for (const std::string& entry : answer.entries) {
        auto record = decode_login_record(entry, Layout::timestamp);
        if (!record) return Failed{server_->name() + ": an entry cannot be read: '" + escaped(entry.substr(0, kMostShown)) + '\''};
        newest.take(*std::move(record));
    }
    const auto moment = ClockWatch::now();
    const sys_seconds now{moment.wall - clock_.ahead(moment)};
    auto found = newest.answer();
    if (found.found() && freshness(found.value(), now, window_) != Freshness::expired) return found;
    if (!answer.all_of_them) return Failed{fmt::format("{}: more than {} entries in this network", server_->name(), kMostOfNetwork)};
    const auto since = since_of(answer.since);
    if (!since) return Failed{server_->name() + ": does not say since when it holds all logins; perhaps it lost them"};
    if (now < *since + window_)
        return Failed{fmt::format("{}: holds logins since {:%Y-%m-%d %H:%M:%S} UTC only, and may have lost older ones", server_->name(), *since)};
    look_whether_it_takes_logins();
    if (const auto ago = even_clock() - away_.load(); ago < kLateLogins)
        return Failed{fmt::format("{}: could take no logins {} s ago, and some may still wait to be sent to it", server_->name(), ago.count())};
    return found;
}

}  // namespace relay
