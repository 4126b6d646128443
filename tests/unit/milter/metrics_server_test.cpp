#include "milter/metrics_server.h"

#include <sysexits.h>

#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

#include "tests/support/catch.h"
#include "tests/unit/milter/tcp_visitor.h"

using namespace relay;
using namespace relay::test;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

struct Served {
    explicit Served(std::string text = "a 1\n")
        : server{std::get<std::unique_ptr<MetricsServer>>(MetricsServer::open({"127.0.0.1", std::to_string(port)}, [this, text] {
              ++asked;
              return text;
          }))} {}

    [[nodiscard]] std::string answer(std::string_view request) const {
        const Visitor visitor{port};
        visitor.say(request);
        return visitor.heard();
    }

    std::uint16_t port = free_port();
    std::atomic<int> asked = 0;
    std::unique_ptr<MetricsServer> server;
};

constexpr const char* kGet = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

std::size_t open_descriptors() {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{"/proc/self/fd"}, {}));
}

}  // namespace

TEST_CASE("GET /metrics is answered, whole, in Prometheus' content type") {
    const Served served{std::string(300'000, 'x') + "\n"};
    for (const char* request : {kGet, "GET /metrics?x=1 HTTP/1.0\n\n"}) {
        const auto answer = served.answer(request);
        CHECK(answer.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: 300001\r\n"));
        CHECK(answer.ends_with("\r\n\r\n" + std::string(300'000, 'x') + "\n"));
    }
    CHECK(served.asked == 2);
}

TEST_CASE("nothing else is answered, and nothing is counted for it") {
    const Served served;
    CHECK(served.answer("GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
    CHECK(served.answer("GET /metrics/ HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
    CHECK(served.answer("GET /status HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
    const auto post = served.answer("POST /metrics HTTP/1.1\r\n\r\n");
    CHECK(post.starts_with("HTTP/1.1 405 "));
    CHECK(post.find("\r\nAllow: GET\r\n") != post.npos);
    for (const char* bad : {"\r\n\r\n", "GET\r\n\r\n", "GET /metrics\r\n\r\n", "GET /metrics SMTP\r\n\r\n", "\x16\x03\x01\n\n"})
        CHECK(served.answer(bad).starts_with("HTTP/1.1 400 "));
    CHECK(served.answer("GET /metrics HTTP/1.1\r\nA: " + std::string(5000, 'a')).starts_with("HTTP/1.1 431 "));
    CHECK(served.asked == 0);
}

TEST_CASE("a request may come in pieces, and its sender may have said all") {
    const Served served;
    const Visitor slow{served.port};
    for (const char* part : {"GET /met", "rics HTTP/1.1\r\n", "\r", "\n"}) {
        slow.say(part);
        std::this_thread::sleep_for(20ms);
    }
    slow.end();
    CHECK(slow.heard().ends_with("\r\n\r\na 1\n"));
    const Visitor silent{served.port};
    silent.end();
    CHECK(silent.heard().empty());
}

TEST_CASE("peers that say nothing, or header after header, keep nobody out for longer than they are waited for") {
    const Served served;
    const auto before = open_descriptors();
    std::vector<std::unique_ptr<Visitor>> idle;
    for (int i = 0; i < 30; ++i) idle.push_back(std::make_unique<Visitor>(served.port));
    std::this_thread::sleep_for(100ms);
    CHECK(open_descriptors() <= before + 30 + MetricsServer::kMostOpen);
    const Visitor endless{served.port};
    const auto begin = Clock::now();
    idle.clear();
    endless.say("GET /metrics HTTP/1.1\r\n");
    const std::string header = "A: " + std::string(1000, 'a') + "\r\n";
    while (Clock::now() < begin + 10s && endless.say(header)) {}
    CHECK(Clock::now() - begin < MetricsServer::kPatience + 3s);
    CHECK(served.answer(kGet).ends_with("a 1\n"));
}

TEST_CASE("a peer that asks and does not read is closed") {
    const Served served{std::string(20'000'000, 'x')};
    const Visitor greedy{served.port};
    greedy.say(kGet);
    std::this_thread::sleep_for(MetricsServer::kPatience + 500ms);
    CHECK(greedy.heard().size() < 20'000'000);
    CHECK(served.answer("GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
}

TEST_CASE("an address that somebody listens on, or that is not of this host, is a fault that names it") {
    const Served served;
    const auto port = std::to_string(served.port);
    const auto second = MetricsServer::open({"127.0.0.1", port}, [] { return std::string{}; });
    REQUIRE(std::holds_alternative<SocketFault>(second));
    CHECK(std::get<SocketFault>(second).exit_code == EX_UNAVAILABLE);
    CHECK(std::get<SocketFault>(second).text == "metrics: cannot listen on 127.0.0.1:" + port +
                                                    ": Address already in use; change or remove listen in [metrics]");
    const auto foreign = MetricsServer::open({"192.0.2.1", port}, [] { return std::string{}; });
    CHECK(std::get<SocketFault>(foreign).text.find("192.0.2.1:" + port + ": Cannot assign") != std::string::npos);
}

TEST_CASE("an end does not wait for peers, and frees the port") {
    const auto port = std::to_string(free_port());
    for (int i = 0; i < 3; ++i) {
        auto opened = MetricsServer::open({"127.0.0.1", port}, [] { return std::string{}; });
        REQUIRE(std::holds_alternative<std::unique_ptr<MetricsServer>>(opened));
        const Visitor idle{static_cast<std::uint16_t>(std::stoi(port))};
        const auto begin = Clock::now();
        std::get<std::unique_ptr<MetricsServer>>(opened).reset();
        CHECK(Clock::now() - begin < 1s);
    }
}
