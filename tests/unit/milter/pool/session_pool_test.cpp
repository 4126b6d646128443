#include "milter/pool/session_pool.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>
#include <future>
#include <optional>
#include <thread>

#include "tests/support/catch.h"

namespace relay {

/// Stands for libmilter's: what a test has to know of a session.
struct LibmilterContext {
    int socket = -1;
    std::atomic<int> packets{0};
    std::atomic<int> threads{0};      ///< In it now.
    std::atomic<bool> crowded{false};  ///< There were two.
    std::promise<void> forgotten;
    std::shared_future<void> held{};  ///< What its packets wait for.
};

}  // namespace relay

using namespace relay;
using namespace std::chrono_literals;

namespace {

/// Pools and what they were given stay until the process ends, as a pool's threads do.
auto& contexts = *new std::deque<LibmilterContext>;

/// As mi_engine does: packet by packet, until there is none.
bool serve(LibmilterContext* context, PacketBuffer& buffer) {
    if (++context->threads > 1) context->crowded = true;
    bool goes_on = true;
    while (goes_on && buffer.ready()) {
        goes_on = !buffer.ended();
        if (!goes_on) break;
        buffer.take();
        if (context->held.valid()) context->held.wait();
        ++context->packets;
    }
    --context->threads;
    return goes_on;
}

void forget(LibmilterContext* context) {
    ::close(context->socket);
    context->forgotten.set_value();
}

SessionPool& pool(std::chrono::nanoseconds longest_silence = SessionPool::kLongestSilence) {
    auto& made = *new SessionPool{{serve, forget}, longest_silence};
    REQUIRE(made.start());
    return made;
}

/// A session, seen from the MTA; its state outlives the pool's use of it.
struct Client {
    explicit Client(SessionPool& pool, std::shared_future<void> held = {}) {
        int ends[2];
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        mta = Descriptor{ends[0]};
        context->socket = ends[1];
        context->held = std::move(held);
        over = context->forgotten.get_future();
        REQUIRE(pool.add(context, ends[1]));
    }
    void send(const std::string& bytes) const { REQUIRE(::send(mta.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size())); }
    bool got(int packets) const {
        for (int tries = 0; tries < 5000 && context->packets < packets; ++tries) std::this_thread::sleep_for(1ms);
        return context->packets == packets;
    }
    bool ends() const { return over.wait_for(10s) == std::future_status::ready; }

    LibmilterContext* context = &contexts.emplace_back();
    Descriptor mta;
    std::future<void> over;
};

/// While it lives this process can start no thread, as under RLIMIT_NPROC, which does not hold for root.
class NoMoreThreads {
public:
    NoMoreThreads() {
        REQUIRE(::getrlimit(RLIMIT_NPROC, &before_) == 0);
        REQUIRE(::setresuid(kNobodysElse, kNobodysElse, 0) == 0);
        const rlimit none{1, before_.rlim_max};
        REQUIRE(::setrlimit(RLIMIT_NPROC, &none) == 0);
    }
    NoMoreThreads(const NoMoreThreads&) = delete;
    NoMoreThreads& operator=(const NoMoreThreads&) = delete;
    ~NoMoreThreads() {
        if (::setresuid(0, 0, 0) != 0 || ::setrlimit(RLIMIT_NPROC, &before_) != 0) std::abort();
    }

private:
    static constexpr uid_t kNobodysElse = 61'803;
    rlimit before_{};
};

const std::string kPacket{"\0\0\0\2Cx", 6};

}  // namespace

TEST_CASE("a session is served whenever it has said something, and forgotten when it has ended") {
    Client client{pool()};
    for (int n = 1; n <= 100; ++n) {
        client.send(kPacket);
        REQUIRE(client.got(n));
    }
    client.mta = Descriptor{};
    CHECK(client.ends());
}

TEST_CASE("no session is ever in two threads, whatever it says meanwhile") {
    auto& sessions = pool();
    std::vector<Client> clients;
    for (int i = 0; i < 8; ++i) clients.emplace_back(sessions);
    for (int n = 0; n < 5000; ++n)
        for (auto& client : clients) client.send(kPacket);
    for (auto& client : clients) {
        CHECK(client.got(5000));
        CHECK_FALSE(client.context->crowded);
    }
}

TEST_CASE("sessions within a packet cost no thread") {
    auto& sessions = pool();
    std::vector<Client> hanging;
    for (int i = 0; i < 200; ++i) hanging.emplace_back(sessions).send(kPacket.substr(0, 3));
    Client client{sessions};
    client.send(kPacket);
    CHECK(client.got(1));
    for (auto& one : hanging) one.send(kPacket.substr(3));
    for (auto& one : hanging) CHECK(one.got(1));
}

TEST_CASE("sessions that never stop do not keep another waiting") {
    auto& sessions = pool();
    std::atomic<bool> enough{false};
    std::deque<Client> chatty;
    std::vector<std::thread> peers;
    for (int i = 0; i < 16; ++i) {
        auto& client = chatty.emplace_back(sessions);
        peers.emplace_back([&client, &enough] {
            std::string many;
            for (int n = 0; n < 20'000; ++n) many += kPacket;
            while (!enough && ::send(client.mta.get(), many.data(), many.size(), MSG_NOSIGNAL) > 0) {}
        });
    }
    Client client{sessions};
    for (int n = 1; n <= 20; ++n) {
        client.send(kPacket);
        CHECK(client.got(n));
    }
    enough = true;
    for (auto& peer : peers) peer.join();
}

TEST_CASE("where all threads wait for something else, others are made") {
    auto& sessions = pool();
    std::promise<void> server_answers;
    const auto held = server_answers.get_future().share();
    std::vector<Client> waiting;
    for (int i = 0; i < 40; ++i) waiting.emplace_back(sessions, held).send(kPacket);
    Client client{sessions};
    client.send(kPacket);
    CHECK(client.got(1));
    server_answers.set_value();
    for (auto& one : waiting) CHECK(one.got(1));
}

TEST_CASE("where no other can be made, sessions wait, and are served as soon as one can") {
    auto& sessions = pool();
    std::promise<void> server_answers;
    const auto held = server_answers.get_future().share();
    std::vector<Client> stuck;
    std::optional<Client> client;
    {
        const NoMoreThreads shortage;
        CHECK_THROWS_AS(std::thread{[] {}}.join(), std::system_error);
        for (unsigned i = 0; i < std::thread::hardware_concurrency() + 8; ++i) stuck.emplace_back(sessions, held).send(kPacket);
        std::this_thread::sleep_for(200ms);
        client.emplace(sessions).send(kPacket);
        std::this_thread::sleep_for(200ms);
        CHECK(client->context->packets == 0);
    }
    CHECK(client->got(1));
    server_answers.set_value();
    for (auto& one : stuck) CHECK(one.got(1));
}

TEST_CASE("a session that says nothing for too long is ended, one that does is not") {
    auto& sessions = pool(500ms);
    Client silent{sessions}, alive{sessions};
    for (int n = 1; n <= 40; ++n) {
        alive.send(kPacket);
        REQUIRE(alive.got(n));
        std::this_thread::sleep_for(50ms);
    }
    CHECK(silent.ends());
    CHECK(silent.context->packets == 0);
    CHECK(alive.over.wait_for(0s) == std::future_status::timeout);
}

TEST_CASE("a socket that cannot be watched is refused") {
    auto& sessions = pool();
    CHECK_FALSE(sessions.add(&contexts.emplace_back(), -1));
    CHECK(errno == EBADF);
}
