// What a server answers about limits and guard, read. Nothing it says is trusted: what cannot be is a RedisFault.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/guard.h"
#include "policy/source/redis/redis_client.h"

namespace relay::limit_replies {

[[noreturn]] void strange(const RedisClient& client, const char* what);

/// The replies as they are; throws the first error among them.
std::vector<RedisReply> sure(const RedisClient& client, std::vector<RedisReply> replies);
/// The elements of an array that has `count` of them.
const RedisReply::Array& elements(const RedisClient& client, const RedisReply& reply, std::size_t count, const char* what);

/// Of text; zero for what is no number.
std::int64_t number_of(const RedisReply& reply);
/// That many microseconds, 0 at least.
LimitTime moment_of(const RedisReply& reply);
/// Of TIME.
LimitTime time_of(const RedisClient& client, const RedisReply& reply);

/// A brake that holds for `left` microseconds from a `now` of zero on, or until it is released where that is negative.
GuardRecord brake_left(const RedisClient& client, const RedisReply& cause, std::int64_t count, std::int64_t left);

}  // namespace relay::limit_replies
