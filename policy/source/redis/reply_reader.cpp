#include "policy/source/redis/reply_reader.h"

#include <new>
#include <string>

#include "policy/source/files/escaped.h"
#include "policy/source/redis/redis_fault.h"

namespace relay {
namespace {

/// Where the value of this task belongs: into its array, or into a reply of its own. Null when there is no memory.
RedisReply* place_of(const redisReadTask* task) noexcept {
    if (!task->parent) return new (std::nothrow) RedisReply{};
    auto& array = std::get<RedisReply::Array>(static_cast<RedisReply*>(task->parent->obj)->value);
    return &array[static_cast<std::size_t>(task->idx)];
}

/// Nothing may be thrown through hiredis: null tells it that this reply cannot be made.
template <class Make>
void* made(const redisReadTask* task, Make make) noexcept {
    RedisReply* reply = place_of(task);
    if (!reply) return nullptr;
    try {
        make(reply->value);
        return reply;
    } catch (...) {
        if (!task->parent) delete reply;
        return nullptr;
    }
}

void* make_text(const redisReadTask* task, char* bytes, std::size_t size) {
    return made(task, [=](auto& value) {
        if (task->type == REDIS_REPLY_ERROR) value = RedisReply::Error{std::string(bytes, size)};
        else value = std::string(bytes, size);
    });
}

/// An int in hiredis 0, a size_t since 1.
template <class Count>
void* make_array(const redisReadTask* task, Count count) {
    if (!static_cast<ReplyReader*>(task->privdata)->take_elements(static_cast<std::size_t>(count))) return nullptr;
    return made(task, [=](auto& value) { value = RedisReply::Array(static_cast<std::size_t>(count)); });
}

void* make_integer(const redisReadTask* task, long long number) {
    return made(task, [=](auto& value) { value = std::int64_t{number}; });
}

void* make_nil(const redisReadTask* task) {
    return made(task, [](auto&) {});
}

template <class Functions>
Functions functions() {
    Functions all{};
    all.createString = make_text;
    all.createArray = make_array;
    all.createInteger = make_integer;
    all.createNil = make_nil;
    all.freeObject = [](void* reply) { delete static_cast<RedisReply*>(reply); };
    // RESP3's, which nobody asked for: hiredis 1 would make up a value of its own.
    if constexpr (requires { all.createDouble; }) {
        all.createDouble = [](auto...) -> void* { return nullptr; };
        all.createBool = [](auto...) -> void* { return nullptr; };
    }
    return all;
}

}  // namespace

ReplyReader::ReplyReader() {
    static redisReplyObjectFunctions ours = functions<redisReplyObjectFunctions>();
    reader_.reset(redisReaderCreateWithFunctions(&ours));
    if (!reader_) throw std::bad_alloc{};
    reader_->privdata = this;
}

void ReplyReader::begin_call() { bytes_ = elements_ = 0; }

bool ReplyReader::take_elements(std::size_t count) {
    if (count > kMostElements - elements_) return false;
    elements_ += count;
    return true;
}

void ReplyReader::feed(std::string_view bytes) {
    bytes_ += bytes.size();
    if (bytes_ > kMostBytes) throw RedisFault{RedisFault::Kind::strange, "the reply is larger than 64 MiB"};
    if (redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK) throw std::bad_alloc{};
}

std::optional<RedisReply> ReplyReader::next() {
    void* found = nullptr;
    if (redisReaderGetReply(reader_.get(), &found) != REDIS_OK)
        throw RedisFault{RedisFault::Kind::strange, "the reply is none of Redis: " + escaped(reader_->errstr)};
    if (!found) return std::nullopt;
    const std::unique_ptr<RedisReply> reply{static_cast<RedisReply*>(found)};
    return std::move(*reply);
}

}  // namespace relay
