#include "policy/source/redis/redis_client.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <random>
#include <set>

#include "policy/source/files/escaped.h"
#include "policy/source/redis/breaker.h"
#include "policy/source/redis/connection_pool.h"
#include "policy/source/redis/connector.h"

namespace relay {
namespace {

using Kind = RedisFault::Kind;
using Replies = std::vector<RedisReply>;

/// Sentinels are asked more often: the master that failed is avoided as long as they name no other.
constexpr std::chrono::milliseconds kPause{1000}, kSentinelPause{100};

RedisUrl url_in(const std::string& text) {
    auto url = parse_redis_url(text);
    if (const auto* problem = std::get_if<std::string>(&url)) throw std::invalid_argument{*problem};
    return std::get<RedisUrl>(std::move(url));
}

/// This server is none to write to or ask now: another one may be the master, or it will be ready later.
bool is_away(const RedisReply& reply) {
    const auto is = [error = reply.error()](std::string_view code) { return error && error->text.starts_with(code); };
    return is("READONLY") || is("LOADING") || is("MASTERDOWN");
}

RedisCommand command_for(const RedisRun& run, bool by_text) {
    RedisCommand command{by_text ? "EVAL" : "EVALSHA", by_text ? std::string{run.script.text()} : run.script.sha1(),
                         std::to_string(run.keys.size())};
    command.insert(command.end(), run.keys.begin(), run.keys.end());
    command.insert(command.end(), run.arguments.begin(), run.arguments.end());
    return command;
}

bool is_unknown_script(const RedisReply& reply) {
    return reply.error() && reply.error()->text.starts_with("NOSCRIPT");
}

}  // namespace

RedisScript::RedisScript(std::string_view text) : text_{text} {
    std::array<unsigned char, EVP_MAX_MD_SIZE> sum;
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), sum.data(), &size, EVP_sha1(), nullptr) != 1)
        throw std::runtime_error{"OpenSSL has no SHA-1"};
    for (unsigned i = 0; i < size; ++i)
        for (const int shift : {4, 0}) sha1_.push_back("0123456789abcdef"[(sum[i] >> shift) & 15]);
}

struct RedisClient::State {
    State(const std::string& url, const RedisSettings& settings)
        : name{escaped(url)}, deadline{settings.deadline}, connector{url_in(url), settings} {}

    Replies exchange(const std::string& request, std::size_t count, const Deadline& deadline);
    Replies attempt(const std::string& request, std::size_t count, const Deadline& deadline);
    Replies use(std::unique_ptr<Connection> connection, const std::string& request, std::size_t count,
                const Deadline& deadline);
    void admit();
    void note(const RedisFault* fault);

    const std::string name;
    const std::chrono::milliseconds deadline;
    Connector connector;
    ConnectionPool pool;

    std::mutex mutex;
    Breaker breaker{connector.has_sentinels() ? kSentinelPause : kPause};
    std::string last_fault;
    std::minstd_rand chance{std::random_device{}()};
};

void RedisClient::State::admit() {
    const std::scoped_lock lock{mutex};
    if (!breaker.admits(std::chrono::steady_clock::now()))
        throw RedisFault{Kind::unreachable, name + ": not asked, since it failed a moment ago: " + last_fault};
}

void RedisClient::State::note(const RedisFault* fault) {
    const std::scoped_lock lock{mutex};
    if (!fault) return breaker.succeeded();
    breaker.failed(std::chrono::steady_clock::now(), std::uniform_real_distribution{}(chance));
    last_fault = fault->what();
}

Replies RedisClient::State::use(std::unique_ptr<Connection> connection, const std::string& request, std::size_t count,
                                const Deadline& until) {
    Replies replies;
    try {
        replies = connection->exchange(request, count, until);
    } catch (const ClosedUnanswered&) {
        throw;
    } catch (const RedisFault&) {
        pool.clear();  // They would fail one after the other.
        connector.avoid_master();
        throw;
    }
    if (std::none_of(replies.begin(), replies.end(), is_away)) pool.give(std::move(connection));
    else pool.clear();
    return replies;
}

Replies RedisClient::State::attempt(const std::string& request, std::size_t count, const Deadline& until) {
    if (auto idle = pool.take()) {
        try {
            return use(std::move(idle), request, count, until);
        } catch (const ClosedUnanswered&) {
            pool.clear();  // A server that was restarted has closed them all.
        }
    }
    return use(connector.open(until), request, count, until);
}

Replies RedisClient::State::exchange(const std::string& request, std::size_t count, const Deadline& until) {
    admit();
    try {
        Replies replies = attempt(request, count, until);
        note(nullptr);
        return replies;
    } catch (const RedisFault& fault) {
        note(&fault);
        throw RedisFault{fault.kind, name + ": " + fault.what()};
    }
}

RedisClient::RedisClient(const std::string& url, const RedisSettings& settings)
    : state_{std::make_unique<State>(url, settings)} {}
RedisClient::~RedisClient() = default;

const std::string& RedisClient::name() const { return state_->name; }

RedisFault RedisClient::fault_of(const RedisReply::Error& error) const {
    return {Kind::refused, state_->name + ": " + escaped(error.text.substr(0, 200))};
}

Replies RedisClient::call(std::span<const RedisCommand> commands, std::optional<std::chrono::milliseconds> deadline) {
    if (commands.empty()) return {};
    std::string request;
    for (const RedisCommand& command : commands) append_command(request, command);
    return state_->exchange(request, commands.size(), Deadline{deadline.value_or(state_->deadline)});
}

Replies RedisClient::run(std::span<const RedisRun> runs, std::optional<std::chrono::milliseconds> deadline) {
    if (runs.empty()) return {};
    const Deadline until{deadline.value_or(state_->deadline)};
    std::string request;
    for (const RedisRun& run : runs) append_command(request, command_for(run, false));
    Replies replies = state_->exchange(request, runs.size(), until);

    request.clear();
    std::vector<std::size_t> again;
    std::set<const RedisScript*> sent;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        if (!is_unknown_script(replies[i])) continue;
        append_command(request, command_for(runs[i], sent.insert(&runs[i].script).second));
        again.push_back(i);
    }
    if (again.empty()) return replies;
    Replies late = state_->exchange(request, again.size(), until);
    for (std::size_t i = 0; i < again.size(); ++i) replies[again[i]] = std::move(late[i]);
    return replies;
}

RedisReply RedisClient::call(const RedisCommand& command, std::optional<std::chrono::milliseconds> deadline) {
    RedisReply reply = std::move(call(std::span{&command, 1}, deadline).front());
    if (const auto* error = reply.error()) throw fault_of(*error);
    return reply;
}

RedisReply RedisClient::run(const RedisRun& script, std::optional<std::chrono::milliseconds> deadline) {
    RedisReply reply = std::move(run(std::span{&script, 1}, deadline).front());
    if (const auto* error = reply.error()) throw fault_of(*error);
    return reply;
}

}  // namespace relay
