#include "policy/source/redis/reply_reader.h"

#include "policy/source/redis/redis_fault.h"
#include "tests/support/catch.h"

using namespace relay;
using Array = RedisReply::Array;
using Error = RedisReply::Error;

namespace {

std::string text(std::string_view bytes) { return std::string{bytes}; }

/// Fed in pieces of this size; every reply has to be there when its last byte is.
std::vector<RedisReply> replies(std::string_view bytes, std::size_t piece) {
    ReplyReader reader;
    std::vector<RedisReply> all;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
        reader.feed(bytes.substr(0, piece));
        while (auto reply = reader.next()) all.push_back(*std::move(reply));
    }
    CHECK(reader.empty());
    return all;
}

void feed_all(ReplyReader& reader, std::string_view bytes) {
    reader.feed(bytes);
    while (reader.next()) {
    }
}

}  // namespace

TEST_CASE("replies are the same in whatever pieces they come") {
    const std::string_view bytes{"+OK\r\n-ERR no\r\n:-42\r\n$3\r\na\r\n\r\n$-1\r\n*-1\r\n*0\r\n*3\r\n:1\r\n*2\r\n$0\r\n\r\n-NO\r\n$-1\r\n"};
    const std::vector<RedisReply> wanted{
        {text("OK")}, {Error{"ERR no"}}, {std::int64_t{-42}}, {text("a\r\n")}, {}, {}, {Array{}},
        {Array{{std::int64_t{1}}, {Array{{text("")}, {Error{"NO"}}}}, {}}}};
    for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U}) CHECK(replies(bytes, piece) == wanted);
}

TEST_CASE("what is no reply of Redis is strange") {
    for (const char* bytes : {"HTTP/1.1 400 Bad Request\r\n", "\r\n", "$x\r\n", "*x\r\n", ":x\r\n", "$-2\r\n", "*-2\r\n", ",1.5\r\n", "#t\r\n",
                              "%1\r\n+a\r\n+b\r\n", "*99999999999\r\n", "*2147483647\r\n", "*1048577\r\n"}) {
        INFO(bytes);
        ReplyReader reader;
        CHECK_THROWS_AS(feed_all(reader, bytes), RedisFault);
    }
}

TEST_CASE("arrays deeper than any command answers are strange") {
    ReplyReader reader;
    std::string deep;
    for (int i = 0; i < 100; ++i) deep += "*1\r\n";
    CHECK_THROWS_AS(feed_all(reader, deep), RedisFault);
}

TEST_CASE("the elements of all arrays of a call are bounded together") {
    ReplyReader reader;
    const std::string half = "*" + std::to_string(ReplyReader::kMostElements / 2 + 1) + "\r\n";
    CHECK_NOTHROW(feed_all(reader, "*2\r\n" + half.substr(0, 2)));
    CHECK_THROWS_AS(feed_all(reader, half.substr(2) + half), RedisFault);

    ReplyReader fresh;
    for (int i = 0; i < 3; ++i) {
        fresh.begin_call();
        const std::string_view nil{"$-1\r\n"};
        std::string all{"*600000\r\n"};
        for (int n = 0; n < 600000; ++n) all += nil;
        CHECK_NOTHROW(feed_all(fresh, all));
    }
}

TEST_CASE("the bytes of a call are bounded") {
    ReplyReader reader;
    const std::string piece(1 << 20, 'x');
    reader.feed("$9000000000\r\n");
    const auto feed_on = [&] {
        for (std::size_t fed = 0; fed <= ReplyReader::kMostBytes; fed += piece.size()) feed_all(reader, piece);
    };
    CHECK_THROWS_AS(feed_on(), RedisFault);
}

TEST_CASE("a reader knows of bytes that wait for the rest of their reply") {
    ReplyReader reader;
    feed_all(reader, "+OK\r\n");
    CHECK(reader.empty());
    feed_all(reader, "+O");
    CHECK_FALSE(reader.empty());
}
