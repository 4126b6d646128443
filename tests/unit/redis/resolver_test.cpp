#include "policy/source/redis/resolver.h"

#include <netinet/in.h>

#include <atomic>
#include <future>
#include <thread>

#include "tests/support/catch.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

Resolver::Answer one_address(std::uint16_t port) {
    ServerAddress address;
    auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage);
    v4.sin_family = AF_INET;
    v4.sin_port = port;
    address.size = sizeof v4;
    return {{address}, ""};
}

std::uint16_t port_of(const ServerAddress& address) { return reinterpret_cast<const sockaddr_in&>(address.storage).sin_port; }

}  // namespace

TEST_CASE("an address stands for itself, and nobody is asked") {
    Resolver resolver{[](const RedisUrl::Host&) -> Resolver::Answer { throw std::logic_error{"asked"}; }};
    CHECK(resolver.find({"192.0.2.1", 6379}, Deadline{0ms}).front().storage.ss_family == AF_INET);
    CHECK(resolver.find({"2001:db8::1", 6379}, Deadline{0ms}).front().storage.ss_family == AF_INET6);
}

TEST_CASE("localhost has an address, with the port") {
    Resolver resolver;
    CHECK(port_of(resolver.find({"localhost", 6379}, Deadline{5s}).front()) == htons(6379));
}

TEST_CASE("a name without an address is a fault that names it") {
    Resolver resolver{[](const RedisUrl::Host&) { return Resolver::Answer{{}, "No such name"}; }};
    CHECK_THROWS_WITH(resolver.find({"db", 1}, Deadline{5s}), "find db: No such name");
}

TEST_CASE("a name server that does not answer costs no more than the deadline") {
    auto never = std::make_shared<std::promise<void>>();
    const auto asked = std::make_shared<std::atomic<int>>(0);
    Resolver resolver{[never, asked](const RedisUrl::Host&) {
        ++*asked;
        never->get_future().wait();
        return Resolver::Answer{};
    }};
    const auto start = std::chrono::steady_clock::now();
    CHECK_THROWS_WITH(resolver.find({"db", 1}, Deadline{50ms}), "no address of db within 50 ms");
    CHECK_THROWS_AS(resolver.find({"db", 1}, Deadline{50ms}), RedisFault);
    CHECK(std::chrono::steady_clock::now() - start < 300ms);
    CHECK(*asked == 1);  // The second caller waited for the same question.
    never->set_value();
}

TEST_CASE("a name is asked for once for callers at the same time, and not again while it is fresh") {
    const auto asked = std::make_shared<std::atomic<int>>(0);
    Resolver resolver{[asked](const RedisUrl::Host&) {
        std::this_thread::sleep_for(20ms);
        return one_address(static_cast<std::uint16_t>(++*asked));
    }};
    std::vector<std::thread> callers;
    std::atomic<int> right = 0;
    for (int i = 0; i < 8; ++i)
        callers.emplace_back([&] { right += port_of(resolver.find({"db", 1}, Deadline{5s}).front()) == 1; });
    for (auto& caller : callers) caller.join();
    CHECK(right == 8);
    CHECK(port_of(resolver.find({"db", 1}, Deadline{0ms}).front()) == 1);
    CHECK(*asked == 1);
}
