#include "policy/source/redis/connection.h"

#include <sys/socket.h>

#include <functional>
#include <thread>

#include "tests/support/catch.h"

using namespace relay;
using namespace std::chrono_literals;
using namespace std::string_literals;
using Clock = std::chrono::steady_clock;

namespace {

/// A connection whose other side does what no redis-server can be brought to do.
class Peer {
public:
    explicit Peer(const std::function<void(int)>& play) {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) throw std::runtime_error{"socketpair"};
        connection_ = std::make_unique<Connection>(std::make_unique<Stream>(Descriptor{ends[0]}));
        player_ = std::thread([play, end = ends[1]] {
            play(end);
            ::close(end);
        });
    }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;
    ~Peer() {
        connection_.reset();
        player_.join();
    }

    std::vector<RedisReply> ask(std::size_t count, std::chrono::milliseconds deadline = 5s) {
        std::string request;
        append_command(request, {"PING"});
        return connection_->exchange(request, count, Deadline{deadline});
    }
    Connection& connection() { return *connection_; }

private:
    std::unique_ptr<Connection> connection_;
    std::thread player_;
};

bool say(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
        else if (errno != EAGAIN) return false;
        else std::this_thread::sleep_for(1ms);
    }
    return true;
}

/// Until the other side is gone.
void wait_for_end(int socket) {
    char byte;
    for (;;) {
        pollfd one{socket, POLLIN, 0};
        ::poll(&one, 1, 1000);
        if (::recv(socket, &byte, 1, 0) == 0) return;
    }
}

std::string fault(Peer& peer, std::chrono::milliseconds deadline = 5s) {
    try {
        peer.ask(1, deadline);
    } catch (const RedisFault& fault) {
        return fault.what();
    }
    return "(no fault)";
}

}  // namespace

TEST_CASE("a command is sent as RESP has it") {
    std::string request{"before"};
    append_command(request, {"SET", "", "a\r\n\0"s});
    CHECK(request == "before*3\r\n$3\r\nSET\r\n$0\r\n\r\n$4\r\na\r\n\0\r\n"s);
}

TEST_CASE("bytes that trickle do not move the deadline") {
    Peer peer{[](int socket) {
        say(socket, "$1000\r\n");
        while (say(socket, "x")) std::this_thread::sleep_for(10ms);
    }};
    const auto start = Clock::now();
    CHECK(fault(peer, 200ms) == "no answer within 200 ms");
    CHECK(Clock::now() - start >= 200ms);
    CHECK(Clock::now() - start < 400ms);
}

TEST_CASE("a reply without an end is cut at the bound of all replies") {
    Peer peer{[](int socket) {
        const std::string piece(65536, 'x');
        say(socket, "$4000000000\r\n");
        while (say(socket, piece)) {
        }
    }};
    CHECK(fault(peer, 10s) == "the reply is larger than 64 MiB");
}

TEST_CASE("a line without an end is cut at the deadline or the bound") {
    Peer peer{[](int socket) {
        const std::string piece(65536, 'x');
        say(socket, "+");
        while (say(socket, piece)) {
        }
    }};
    const auto start = Clock::now();
    CHECK(fault(peer, 300ms) != "(no fault)");
    CHECK(Clock::now() - start < 600ms);
}

TEST_CASE("what is no reply is told in printable text") {
    Peer peer{[](int socket) {
        say(socket, "\x01\xff\x1b[31m\r\n");
        wait_for_end(socket);
    }};
    CHECK_THAT(fault(peer), Catch::Contains("the reply is none of Redis: Protocol error, got \"\\x5cx01\" as reply type byte"));
}

TEST_CASE("more replies than questions are strange, now or later") {
    for (const char* bytes : {"+PONG\r\n+PONG\r\n", "+PONG\r\n+P"}) {
        Peer peer{[bytes](int socket) {
            say(socket, bytes);
            wait_for_end(socket);
        }};
        CHECK(fault(peer) == "the server sent more than it was asked for");
    }
    Peer peer{[](int socket) {
        say(socket, "+PONG\r\n");
        std::this_thread::sleep_for(100ms);
        say(socket, "+PONG\r\n");
        wait_for_end(socket);
    }};
    CHECK(peer.ask(1).size() == 1);
    CHECK(peer.connection().quiet());
    std::this_thread::sleep_for(200ms);
    CHECK_FALSE(peer.connection().quiet());
}

TEST_CASE("an end before a byte of the reply can be tried again, one within it not") {
    Peer unanswered{[](int) {}};
    CHECK_THROWS_AS(unanswered.ask(1), ClosedUnanswered);
    Peer half{[](int socket) { say(socket, "+PO"); }};
    CHECK(fault(half) == "the server closed the connection");
    Peer within{[](int socket) { say(socket, "+PONG\r\n"); }};
    try {
        within.ask(2);
        FAIL("no fault");
    } catch (const ClosedUnanswered&) {
        FAIL("told as unanswered");
    } catch (const RedisFault& fault) {
        CHECK(fault.kind == RedisFault::Kind::unreachable);
    }
}

TEST_CASE("the last words of a server that takes nothing are read") {
    Peer peer{[](int socket) { say(socket, "-ERR max number of clients reached\r\n"); }};
    std::this_thread::sleep_for(100ms);  // It is gone before we send.
    const auto replies = peer.ask(1);
    REQUIRE(replies.front().error());
    CHECK(replies.front().error()->text == "ERR max number of clients reached");
}
