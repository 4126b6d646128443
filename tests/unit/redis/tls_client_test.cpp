#include "policy/source/redis/tls_client.h"

#include "policy/source/redis/redis_client.h"
#include "tests/support/catch.h"
#include "tests/support/redis_server.h"

using namespace relay;
using namespace std::chrono_literals;

namespace {

/// An authority, and certificates that it signed.
class Authority {
public:
    explicit Authority(const Scratch& scratch) : scratch_{scratch} {
        run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.crt");
    }
    /// NAME.crt and NAME.key, for subjectAltName `of`; `days` from now on, of the past when it is negative.
    void sign(const std::string& name, const std::string& of, const std::string& dates = "-days 2") const {
        write_file(scratch_ / (name + ".ext"), "subjectAltName=" + of + "\n");
        run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + name + " -keyout " + name + ".key -out " + name + ".csr");
        run("x509 -req -in " + name + ".csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile " + name + ".ext " + dates + " -out " + name + ".crt");
    }

private:
    void run(const std::string& words) const {
        if (std::system(("cd " + scratch_.path() + " && openssl " + words + " 2> openssl.log").c_str()) != 0)
            throw std::runtime_error{"openssl " + words + ": " + read_file(scratch_ / "openssl.log")};
    }
    const Scratch& scratch_;
};

struct TlsServer {
    TlsServer(const Scratch& keys, const std::string& name, const std::string& clients = "no")
        : port{std::to_string(RedisServer::free_port())},
          server{{"tls-port " + port, "tls-cert-file " + (keys / (name + ".crt")), "tls-key-file " + (keys / (name + ".key")),
                  "tls-ca-cert-file " + (keys / "ca.crt"), "tls-auth-clients " + clients}} {}
    const std::string port;
    RedisServer server;
};

RedisSettings trusting(const std::string& ca_file) {
    RedisSettings settings;
    settings.ca_file = ca_file;
    settings.deadline = 5s;
    return settings;
}

std::string answer(const std::string& url, const RedisSettings& settings) {
    RedisClient client{url, settings};
    try {
        return *client.call(RedisCommand{"PING"}).text();
    } catch (const RedisFault& fault) {
        return fault.what();
    }
}

}  // namespace

TEST_CASE("TLS: a server is asked where its certificate is signed by our authority and for its name or address") {
    const Scratch keys;
    const Authority authority{keys};
    authority.sign("right", "DNS:localhost,IP:127.0.0.1");
    const TlsServer server{keys, "right"};
    const RedisSettings settings = trusting(keys / "ca.crt");
    CHECK(answer("rediss://localhost:" + server.port, settings) == "PONG");
    CHECK(answer("rediss://127.0.0.1:" + server.port, settings) == "PONG");

    RedisClient client{"rediss://localhost:" + server.port, settings};
    std::vector<RedisCommand> commands;
    for (int i = 0; i < 2000; ++i) commands.push_back({"ECHO", std::to_string(i) + std::string(2000, 'x')});
    for (int round = 0; round < 2; ++round) {
        const auto replies = client.call(commands, 10s);
        for (std::size_t i = 0; i < replies.size(); ++i) REQUIRE(*replies[i].text() == commands[i][1]);
    }
    const std::string stats = *client.call(RedisCommand{"INFO", "stats"}).text();
    CHECK_THAT(stats, Catch::Contains("total_connections_received:4\r\n"));  // The fixture's, the two before, and ours: reused.
}

TEST_CASE("TLS: another name, an authority that is not ours and a certificate that has ended are refused") {
    const Scratch keys, others;
    const Authority authority{keys}, other{others};
    authority.sign("elsewhere", "DNS:elsewhere.example,IP:192.0.2.1");
    const TlsServer server{keys, "elsewhere"};
    const std::string url = "rediss://localhost:" + server.port;
    CHECK(answer(url, trusting(keys / "ca.crt")) == url + ": its certificate: hostname mismatch");
    CHECK_THAT(answer("rediss://127.0.0.1:" + server.port, trusting(keys / "ca.crt")), Catch::EndsWith("its certificate: IP address mismatch"));
    CHECK_THAT(answer(url, trusting(others / "ca.crt")), Catch::Contains("its certificate: "));
    CHECK_THAT(answer(url, trusting("")), Catch::Contains("its certificate: "));
    CHECK_THAT(answer(url, trusting(keys / "none")), Catch::Contains(keys / "none: "));
    CHECK_THAT(answer("rediss+sentinel://localhost:" + server.port + "/m", trusting(keys / "ca.crt")), Catch::Contains("hostname mismatch"));

    authority.sign("old", "DNS:localhost", "-days -1");
    const TlsServer old{keys, "old"};
    CHECK_THAT(answer("rediss://localhost:" + old.port, trusting(keys / "ca.crt")), Catch::EndsWith("its certificate: certificate has expired"));
}

TEST_CASE("TLS: a server that wants a certificate gets ours") {
    const Scratch keys;
    const Authority authority{keys};
    authority.sign("right", "DNS:localhost");
    authority.sign("client", "DNS:client");
    const TlsServer server{keys, "right", "yes"};
    const std::string url = "rediss://localhost:" + server.port;
    RedisSettings settings = trusting(keys / "ca.crt");
    CHECK_THAT(answer(url, settings), Catch::Contains("TLS: ") && Catch::Contains("certificate required"));
    settings.certificate_file = keys / "client.crt";
    settings.key_file = keys / "client.key";
    CHECK(answer(url, settings) == "PONG");
    settings.key_file = keys / "right.key";
    CHECK_THAT(answer(url, settings), Catch::Contains(keys / "right.key: key values mismatch"));
}

TEST_CASE("TLS: one that speaks plain text, or nothing, costs its deadline at most") {
    const unsigned port = RedisServer::free_port();
    const RedisServer server{{"port " + std::to_string(port)}};
    const std::string url = "rediss://127.0.0.1:" + std::to_string(port);
    RedisSettings settings = trusting("");
    settings.deadline = 200ms;
    const auto start = std::chrono::steady_clock::now();
    CHECK_THAT(answer(url, settings), Catch::StartsWith(url + ": "));
    server.hang();
    CHECK(answer(url, settings) == url + ": no TLS within 200 ms");
    server.go_on();
    CHECK(std::chrono::steady_clock::now() - start < 5s);
}
