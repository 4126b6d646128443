#include "policy/source/queue/queued_logins.h"

#include "policy/source/files/fault.h"
#include "tests/support/catch.h"
#include "tests/unit/source/scratch.h"

using namespace relay;

namespace {

/// Takes records, or is away.
class Server : public LoginWriter {
public:
    void watch(Watch&) override {}
    void revise(const std::vector<Address>& clients, const Revision& revision) override {
        if (away) throw Fault{Trouble::system, "the server is away"};
        for (const Address& client : clients)
            if (auto record = revision(client, std::nullopt)) records.insert_or_assign(client, *std::move(record));
    }
    std::vector<Address> remove(const std::vector<Address>&) override { return {}; }
    std::vector<LoginRemoved> remove_logins(const std::vector<std::string>&) override { return {}; }
    Expired expire(std::chrono::sys_seconds) override { return {}; }

    bool away = false;
    std::map<Address, LoginRecord> records;
};

const std::vector<LoginEvent> kLogin{{Address::v4({192, 0, 2, 1}), std::chrono::sys_seconds{std::chrono::seconds{1}}, "alice"}};

}  // namespace

TEST_CASE("a login that the server takes does not wait") {
    const Scratch scratch;
    const LoginQueue queue{scratch / "queue"};
    Server server;
    CHECK_FALSE(QueuedLogins(server, queue).record(kLogin));
    CHECK(server.records.size() == 1);
    CHECK(queue.bytes() == 0);
}

TEST_CASE("one that it does not take waits, and is sent when it is back") {
    const Scratch scratch;
    const LoginQueue queue{scratch / "queue"};
    Server server;
    QueuedLogins logins{server, queue};
    server.away = true;
    CHECK(logins.record(kLogin) == "the server is away");
    CHECK(queue.state().waiting == 1);
    CHECK_THROWS_AS(logins.send(), Fault);
    server.away = false;
    CHECK(logins.send().logins == 1);
    CHECK(server.records.size() == 1);
    CHECK(queue.bytes() == 0);
}

TEST_CASE("one that can neither be recorded nor wait is a fault with both reasons") {
    const Scratch scratch;
    const LoginQueue queue{scratch / "none/queue"};
    Server server;
    server.away = true;
    CHECK_THROWS_WITH(QueuedLogins(server, queue).record(kLogin), Catch::StartsWith("the server is away; nor can it wait: "));
}
