#include "policy/source/shared/limit_replies.h"

#include <algorithm>
#include <charconv>

namespace relay::limit_replies {
namespace {

using std::chrono::microseconds;

constexpr microseconds kMost = std::chrono::duration_cast<microseconds>(LimitTime::max());

LimitTime bounded(std::int64_t count) { return std::clamp(microseconds{count}, microseconds{0}, kMost); }

}  // namespace

void strange(const RedisClient& client, const char* what) {
    throw RedisFault{RedisFault::Kind::strange, client.name() + ": the answer of " + what + " is not understood"};
}

std::vector<RedisReply> sure(const RedisClient& client, std::vector<RedisReply> replies) {
    for (const RedisReply& reply : replies)
        if (const auto* error = reply.error()) throw client.fault_of(*error);
    return replies;
}

const RedisReply::Array& elements(const RedisClient& client, const RedisReply& reply, std::size_t count, const char* what) {
    const auto* array = reply.array();
    if (!array || array->size() != count) strange(client, what);
    return *array;
}

std::int64_t number_of(const RedisReply& reply) {
    const std::string* text = reply.text();
    std::int64_t number = 0;
    if (text) std::from_chars(text->data(), text->data() + text->size(), number);
    return number;
}

LimitTime moment_of(const RedisReply& reply) { return bounded(number_of(reply)); }

LimitTime time_of(const RedisClient& client, const RedisReply& reply) {
    const auto& parts = elements(client, reply, 2, "TIME");
    return bounded(std::clamp<std::int64_t>(number_of(parts[0]), 0, kMost / std::chrono::seconds{1} - 1) * 1'000'000 +
                   std::clamp<std::int64_t>(number_of(parts[1]), 0, 999'999));
}

GuardRecord brake_left(const RedisClient& client, const RedisReply& cause, std::int64_t count, std::int64_t left) {
    const auto* word = cause.text();
    for (const auto known : {GuardCause::networks, GuardCause::refusals, GuardCause::limit_hits})
        if (word && *word == name_of(known)) {
            GuardRecord record;
            record.cause = known;
            record.count = static_cast<unsigned>(std::clamp<std::int64_t>(count, 0, GuardSettings::kMostEvents));
            record.braked_until = left < 0 ? GuardRecord::kForEver : bounded(left);
            return record;
        }
    strange(client, "the guard");
}

}  // namespace relay::limit_replies
