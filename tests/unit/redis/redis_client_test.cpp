#include "policy/source/redis/redis_client.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/redis_server.h"

using namespace relay;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

std::string text_of(const RedisReply& reply) { return reply.text() ? *reply.text() : "(no text)"; }

/// What a call threw, and how long it took.
struct Failed {
    std::string text = "(nothing thrown)";
    std::optional<RedisFault::Kind> kind;
    Clock::duration took{};
};

Failed failure(RedisClient& client, const RedisCommand& command = {"PING"}) {
    Failed failed;
    const auto start = Clock::now();
    try {
        client.call(command);
    } catch (const RedisFault& fault) {
        failed.text = fault.what();
        failed.kind = fault.kind;
    }
    failed.took = Clock::now() - start;
    return failed;
}

RedisSettings within(std::chrono::milliseconds deadline) {
    RedisSettings settings;
    settings.deadline = deadline;
    return settings;
}

RedisSettings with_password(const std::string& file, const std::string& user = "") {
    RedisSettings settings;
    settings.user = user;
    settings.password_file = file;
    return settings;
}

const RedisScript kAdd{"return redis.call('INCRBY', KEYS[1], ARGV[1])"};
const RedisScript kEcho{"return ARGV"};

}  // namespace

TEST_CASE("what is called together is answered in order, errors among the replies") {
    const RedisServer server;
    RedisClient client{server.url(), {}};
    const auto replies = client.call(std::vector<RedisCommand>{
        {"SET", "a", std::string{"x\r\n\0y", 5}}, {"GET", "a"}, {"INCR", "a"}, {"GET", "b"}, {"LPUSH", "l", "1", "2"}, {"LRANGE", "l", "0", "-1"}});
    REQUIRE(replies.size() == 6);
    CHECK(text_of(replies[0]) == "OK");
    CHECK(text_of(replies[1]) == std::string{"x\r\n\0y", 5});
    REQUIRE(replies[2].error());
    CHECK_THAT(client.fault_of(*replies[2].error()).what(), Catch::Equals(server.url() + ": ERR value is not an integer or out of range"));
    CHECK(replies[3].nil());
    CHECK(*replies[4].integer() == 2);
    CHECK(replies[5] == RedisReply{RedisReply::Array{{std::string{"2"}}, {std::string{"1"}}}});
    CHECK(client.call(std::span<const RedisCommand>{}).empty());
}

TEST_CASE("one command's error is thrown as refused") {
    const RedisServer server;
    RedisClient client{server.url(), {}};
    CHECK_THROWS_WITH(client.call(RedisCommand{"NONSENSE\xff"}), Catch::Contains("ERR unknown command 'NONSENSE\\xff'"));
    CHECK(failure(client, {"NONSENSE"}).kind == RedisFault::Kind::refused);
    CHECK(text_of(client.call(RedisCommand{"PING"})) == "PONG");  // It broke nothing.
}

TEST_CASE("thousands of commands and megabytes go both ways in one call") {
    const RedisServer server;
    RedisClient client{server.url(), {}};
    std::vector<RedisCommand> commands;
    for (int i = 0; i < 5000; ++i) commands.push_back({"ECHO", std::to_string(i) + std::string(2000, 'x')});
    const auto replies = client.call(commands, 10s);
    REQUIRE(replies.size() == commands.size());
    for (std::size_t i = 0; i < replies.size(); ++i) REQUIRE(text_of(replies[i]) == commands[i][1]);
}

TEST_CASE("a script runs by its sum, and by its text where the server does not know it") {
    const RedisServer server;
    RedisClient client{server.url(), {}};
    CHECK(kAdd.sha1() == text_of(client.call(RedisCommand{"EVAL", "return redis.sha1hex(ARGV[1])", "0", std::string{kAdd.text()}})));
    for (int round = 0; round < 3; ++round) {
        const auto replies = client.run(std::vector<RedisRun>{{kAdd, {"n"}, {"1"}}, {kEcho, {}, {"a", ""}}, {kAdd, {"n"}, {"2"}}});
        REQUIRE(replies.size() == 3);
        CHECK(*replies[0].integer() == round * 3 + 1);
        CHECK(replies[1] == RedisReply{RedisReply::Array{{std::string{"a"}}, {std::string{}}}});
        CHECK(*replies[2].integer() == round * 3 + 3);
        if (round == 1) client.call(RedisCommand{"SCRIPT", "FLUSH"});
    }
    const RedisReply stats = client.call(RedisCommand{"INFO", "commandstats"});
    CHECK_THAT(text_of(stats), Catch::Contains("cmdstat_eval:calls=5"));  // One, and two for each time that they were unknown.
}

TEST_CASE("connections are reused, and there are no more than threads call at once") {
    const RedisServer server;
    RedisClient client{server.url(), {}};
    constexpr int kThreads = 16, kCalls = 500;
    std::atomic<int> wrong = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < kCalls; ++i) {
                const std::string word = std::to_string(t) + ":" + std::to_string(i);
                if (text_of(client.call(RedisCommand{"ECHO", word}, 10s)) != word) ++wrong;
            }
        });
    for (auto& thread : threads) thread.join();
    CHECK(wrong == 0);
    const std::string clients = text_of(client.call(RedisCommand{"CLIENT", "LIST"}));
    const auto lines = std::count(clients.begin(), clients.end(), '\n');
    CHECK(lines >= 1);
    CHECK(lines <= kThreads);
    CHECK_THAT(clients, Catch::Contains("name=milter-relay"));
}

TEST_CASE("a server that hangs costs its deadline, and then nothing until the probe") {
    const RedisServer server;
    for (const bool connected : {false, true}) {
        RedisClient client{server.url(), within(250ms)};
        if (connected) client.call(RedisCommand{"PING"});
        server.hang();
        const Failed first = failure(client), second = failure(client);
        server.go_on();
        CHECK(first.text == server.url() + ": no answer within 250 ms");
        CHECK(first.kind == RedisFault::Kind::unreachable);
        CHECK(first.took >= 240ms);
        CHECK(first.took < 500ms);
        CHECK(second.took < 20ms);
        CHECK_THAT(second.text, Catch::Contains("not asked, since it failed a moment ago: no answer within 250 ms"));
        std::this_thread::sleep_for(1250ms);
        CHECK(text_of(client.call(RedisCommand{"PING"})) == "PONG");
        CHECK(text_of(client.call(RedisCommand{"PING"})) == "PONG");
    }
}

TEST_CASE("connections to a server that hung are not tried one after the other") {
    const RedisServer server;
    RedisClient client{server.url(), within(200ms)};
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) threads.emplace_back([&] { client.call(RedisCommand{"BLPOP", "none", "0.1"}, 5s); });
    for (auto& thread : threads) thread.join();
    const auto connected = [&] {
        const std::string list = text_of(client.call(RedisCommand{"CLIENT", "LIST"}));
        return std::count(list.begin(), list.end(), '\n');
    };
    REQUIRE(connected() > 1);
    server.hang();
    CHECK(failure(client).kind);
    server.go_on();
    std::this_thread::sleep_for(1250ms);
    CHECK(connected() == 1);
}

TEST_CASE("while a server is away one caller at a time asks it") {
    const RedisServer server;
    RedisClient client{server.url(), within(100ms)};
    server.hang();
    CHECK(failure(client).kind);
    std::this_thread::sleep_for(1250ms);
    std::atomic<int> waited = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 16; ++t) threads.emplace_back([&] { waited += failure(client).took > 90ms; });
    for (auto& thread : threads) thread.join();
    server.go_on();
    CHECK(waited == 1);
}

TEST_CASE("a server that was restarted is asked on fresh connections, and nobody notices") {
    RedisServer server;
    RedisClient client{server.url(), {}};
    CHECK(*client.run({kAdd, {"n"}, {"5"}}).integer() == 5);
    server.kill();
    server.start();
    CHECK(*client.run({kAdd, {"n"}, {"7"}}).integer() == 7);  // Empty, and the script is gone, too.
}

TEST_CASE("a server that is not there is a fault at once, which names it") {
    RedisServer server;
    RedisClient client{server.url(), {}};
    server.kill();
    const Failed failed = failure(client);
    CHECK(failed.text == server.url() + ": connect: Connection refused");
    CHECK(failed.kind == RedisFault::Kind::unreachable);
    CHECK(failed.took < 100ms);
    RedisClient tcp{"redis://127.0.0.1:" + std::to_string(RedisServer::free_port()), {}};
    CHECK_THAT(failure(tcp).text, Catch::EndsWith(": connect: Connection refused"));
}

TEST_CASE("TCP, by address and by name, and a database of its own") {
    const unsigned port = RedisServer::free_port();
    const RedisServer server{{"port " + std::to_string(port), "bind 127.0.0.1 -::1"}};
    RedisClient address{"redis://127.0.0.1:" + std::to_string(port), {}}, name{"redis://localhost:" + std::to_string(port) + "/3", {}};
    RedisClient local{server.url(3), {}};
    address.call(RedisCommand{"SET", "where", "0"});
    name.call(RedisCommand{"SET", "where", "3"});
    CHECK(text_of(address.call(RedisCommand{"GET", "where"})) == "0");
    CHECK(text_of(local.call(RedisCommand{"GET", "where"})) == "3");
    RedisClient too_far{server.url(99), {}};
    CHECK_THAT(failure(too_far).text, Catch::Contains("SELECT: ERR DB index is out of range"));
}

TEST_CASE("user and password come from the configuration and its file, read anew for each connection") {
    RedisServer server{{"requirepass geheim", "user mail on >post ~* +@all"}};
    const std::string file = server.scratch() / "password";
    const auto fault = [&](const RedisSettings& settings) {
        RedisClient client{server.url(), settings};
        const Failed failed = failure(client);
        CHECK(failed.kind == RedisFault::Kind::refused);
        CHECK_THAT(failed.text, !Catch::Contains("geheim") && !Catch::Contains("falsch"));
        return failed.text;
    };
    CHECK_THAT(fault({}), Catch::Contains("NOAUTH: the server wants a password"));
    CHECK_THAT(fault(with_password(file)), Catch::Contains(file + ": there is no such file"));
    write_file(file, "\ngeheim\n");
    CHECK_THAT(fault(with_password(file)), Catch::Contains(file + ": its first line has to be the password"));
    write_file(file, "falsch\n");
    CHECK_THAT(fault(with_password(file)), Catch::Contains("AUTH: WRONGPASS; are the user and the password in " + file + " right?"));
    write_file(file, "post\r\nrest\n");
    RedisClient user{server.url(), with_password(file, "mail")};
    CHECK(text_of(user.call(RedisCommand{"ACL", "WHOAMI"})) == "mail");

    RedisClient client{server.url(), with_password(file)};
    CHECK(failure(client).kind == RedisFault::Kind::refused);
    write_file(file, "geheim");
    std::this_thread::sleep_for(1250ms);
    CHECK(text_of(client.call(RedisCommand{"ACL", "WHOAMI"})) == "default");
}
