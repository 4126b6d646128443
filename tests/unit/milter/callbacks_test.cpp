// The milter protocol as sendmail speaks it, against the real daemon.
#include "milter/callbacks.h"

#include <signal.h>

#include <atomic>
#include <thread>
#include <vector>

#include "milter/macros.h"
#include "tests/support/catch.h"
#include "tests/unit/milter/daemon_process.h"

namespace {

using namespace relay::test;

constexpr std::uint32_t kNoHelo = 0x2, kNoReplyConnect = 0x1000, kNoReplyMail = 0x4000;

std::string words(const std::set<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : " ") + name;
    return text;
}

Macros with_login(Macros macros) {
    macros["{auth_type}"] = "PLAIN";
    macros["{auth_authen}"] = "alice";
    return macros;
}

char letter(const std::optional<Answer>& answer) { return answer ? answer->letter : '-'; }

}  // namespace

TEST_CASE("the macros that decide are asked for, at the step that brings them") {
    DaemonProcess daemon;
    daemon.start();
    auto client = daemon.client();
    const auto& agreed = client.negotiate();
    CHECK(words(agreed.macros.at(0)) == "j {client_addr} {client_name} {client_resolve} {daemon_name}");
    CHECK(words(agreed.macros.at(2)) ==
          "i {auth_authen} {auth_author} {auth_ssf} {auth_type} {cipher_bits} {tls_version} {verify}");
    CHECK(words(agreed.macros.at(3)) == "{rcpt_mailer} {relay_client} {relay_dest} {relay_policy}");
}

TEST_CASE("only connect, MAIL and RCPT are sent, and only RCPT is answered") {
    DaemonProcess daemon;
    daemon.start();
    auto client = daemon.client();
    CHECK(client.negotiate().steps == 0x5372);
    client.macros = wired("ours", "unknown");
    CHECK_FALSE(client.connect("mail.c.example", "192.0.2.1"));
    CHECK_FALSE(client.helo("mail.c.example"));
    CHECK_FALSE(client.mail("<s@c.example>"));
    CHECK(letter(client.rcpt("<a@b.example>")) == 'c');
    CHECK(letter(client.end_of_message()) == 'c');
}

TEST_CASE("sessions are served by threads of ours, not of libmilter's") {
    DaemonProcess daemon;
    daemon.start();
    first_answer(daemon);
    REQUIRE(daemon.logs("verdict="));
    CHECK(daemon.log().find("threads of its own") == std::string::npos);
}

TEST_CASE("an MTA that knows no steps without reply gets one for each") {
    DaemonProcess daemon;
    daemon.start();
    auto client = daemon.client();
    client.macros = wired("other", "unknown");
    const auto& agreed = client.negotiate({.version = 6, .actions = 0x1ff, .steps = 0x7ff});
    CHECK((agreed.steps & (kNoReplyConnect | kNoReplyMail)) == 0);
    CHECK(letter(client.connect("mail.c.example", "192.0.2.1")) == 'c');
    CHECK(letter(client.mail("<s@c.example>")) == 'c');
    CHECK(letter(client.rcpt("<a@b.example>")) == 'y');
}

TEST_CASE("an old MTA that takes no macro list and skips no step is served too") {
    DaemonProcess daemon;
    daemon.start();
    auto client = daemon.client();
    client.macros = wired("other", "unknown");
    const auto& agreed = client.negotiate({.version = 2, .actions = 0x3f, .steps = 0x7f});
    CHECK(agreed.macros.empty());
    CHECK((agreed.steps & kNoHelo) != 0);
    CHECK(letter(client.connect("mail.c.example", "192.0.2.1")) == 'c');
    CHECK(letter(client.mail("<s@c.example>")) == 'c');
    CHECK(letter(client.rcpt("<a@b.example>")) == 'y');
}

TEST_CASE("each recipient is judged by its own macros, and a permit is never an accept") {
    DaemonProcess daemon;
    daemon.start();
    auto client = in_message(daemon, wired("other", "unknown"));
    const auto refused = client.rcpt("<a@b.example>");
    CHECK(letter(refused) == 'y');
    CHECK(refused->text.starts_with("550 5.7.1 Relaying denied."));
    client.macros = wired("ours", "unknown");
    CHECK(letter(client.rcpt("<a@b.example>")) == 'c');
    client.macros = wired("temp", "unknown");
    CHECK(client.rcpt("<a@b.example>")->text.starts_with("451 4.4.0 "));
    client.macros = wired("other", "trusted");
    CHECK(letter(client.rcpt("<a@b.example>")) == 'c');
}

TEST_CASE("a second message does not inherit the first one's authentication") {
    DaemonProcess daemon;
    daemon.start();
    auto client = in_message(daemon, with_login(wired("other", "auth")));
    CHECK(letter(client.rcpt("<a@b.example>")) == 'c');
    client.end_of_message();
    client.macros = wired("other", "unknown");
    client.mail("<s@c.example>");
    CHECK(letter(client.rcpt("<a@b.example>")) == 'y');
}

TEST_CASE("RSET, and a MAIL that sendmail refused, leave nothing behind") {
    DaemonProcess daemon;
    daemon.start();
    auto client = in_message(daemon, with_login(wired("other", "auth")), "<first@c.example>");
    client.abort();
    client.mail("<second@c.example>");
    client.abort();
    client.macros = wired("other", "unknown");
    client.mail("<third@c.example>");
    CHECK(letter(client.rcpt("<a@b.example>")) == 'y');
    CHECK(daemon.logs("from=<third@c.example> to=<a@b.example>"));
}

TEST_CASE("macros of TLS and AUTH that come at MAIL, after STARTTLS, count") {
    DaemonProcess daemon;
    daemon.start("[auth]\nmin_ssf = 128\nplaintext_exempt = []\n");
    auto client = daemon.client();
    client.macros = wired("other", "unknown");
    client.negotiate();
    client.connect("mail.c.example", "192.0.2.1");
    client.helo("mail.c.example");
    client.macros = with_login(wired("other", "auth"));
    client.mail("<s@c.example>");
    CHECK(client.rcpt("<a@b.example>")->text.starts_with("550 5.7.11 "));
    client.abort();
    client.macros["{tls_version}"] = "TLSv1.3";
    client.macros["{cipher_bits}"] = "256";
    client.mail("<s@c.example>");
    CHECK(letter(client.rcpt("<a@b.example>")) == 'c');
}

TEST_CASE("a connection that sendmail keeps for the next client starts from nothing") {
    DaemonProcess daemon;
    daemon.start();
    auto client = in_message(daemon, with_login(wired("other", "auth")));
    CHECK(letter(client.rcpt("<a@b.example>")) == 'c');
    client.end_of_message();
    client.quit_and_keep_connection();
    client.macros = wired("other", "unknown");
    CHECK_FALSE(client.connect("other.example", "203.0.113.9"));
    CHECK_FALSE(client.mail("<s@c.example>"));
    CHECK(letter(client.rcpt("<a@b.example>")) == 'y');
    CHECK(daemon.logs("client=203.0.113.9 "));
}

TEST_CASE("without an address only sendmail -bs is a local submission") {
    DaemonProcess daemon;
    daemon.start();
    const auto judged = [&](const std::string& client_address) {
        auto client = daemon.client();
        client.macros = {{"{client_addr}", client_address}};
        client.negotiate();
        client.connect_without_address("localhost");
        client.mail("<s@c.example>");
        return letter(client.rcpt("<a@b.example>"));
    };
    CHECK(judged("0") == 'c');
    CHECK(judged("unknown") == 'y');
    CHECK(judged("203.0.113.9") == 'y');
}

TEST_CASE("a wiring fault is logged once for many recipients") {
    DaemonProcess daemon;
    daemon.start();
    auto client = in_message(daemon, wired("", "unknown"));
    for (int i = 0; i < 5; ++i) CHECK(client.rcpt("<a@b.example>")->text.starts_with("451 "));
    REQUIRE(daemon.logs("verdict=defer"));
    const auto log = daemon.log();
    const auto first = log.find("{relay_dest} is missing");
    CHECK(first != log.npos);
    CHECK(log.find("{relay_dest} is missing", first + 1) == log.npos);
}

TEST_CASE("a client that breaks off anywhere, or talks nonsense, does not harm the next") {
    DaemonProcess daemon;
    daemon.start();
    { auto client = daemon.client(); }
    { auto client = daemon.client(); client.negotiate(); client.quit(); }
    { auto client = in_message(daemon, {}); }
    { auto client = daemon.client(); client.send('R', "<a@b.example>"); }
    { auto client = daemon.client(); client.send('O', "x"); CHECK(client.is_closed()); }
    { auto client = daemon.client(); client.negotiate(); client.send('C', "no family"); CHECK(client.is_closed()); }
    auto client = in_message(daemon, wired("ours", "unknown"));
    CHECK(letter(client.rcpt("<a@b.example>")) == 'c');
}

TEST_CASE("hostile bytes arrive in the log escaped, and percent signs do no harm") {
    DaemonProcess daemon;
    daemon.start();
    auto macros = with_login(wired("other", "auth"));
    macros["{auth_authen}"] = "al ice\n\"%n";
    auto client = in_message(daemon, macros, "<%s%n \x01@c.example>");
    CHECK(letter(client.rcpt("<\xff x verdict=permit@b.example>")) == 'c');
    CHECK(daemon.logs("user=al\\x20ice\\x0a\\x22%n age= mech=PLAIN from=<%s%n\\x20\\x01@c.example> "
                      "to=<\\xff\\x20x\\x20verdict=permit@b.example> listener=MTA policy=auth+pop mode=enforce\n"));
}

TEST_CASE("fifty connections at once get each their own answers, while the configuration is read again and again") {
    DaemonProcess daemon;
    daemon.start();
    std::atomic<int> wrong = 0;
    std::vector<std::thread> clients;
    for (int i = 0; i < 50; ++i)
        clients.emplace_back([&, i] {
            auto client = in_message(daemon, i % 2 ? wired("other", "unknown") : wired("ours", "unknown"));
            for (int message = 0; message < 4; ++message) {
                for (int recipient = 0; recipient < 5; ++recipient)
                    if (letter(client.rcpt("<a@b.example>")) != (i % 2 ? 'y' : 'c')) ++wrong;
                client.end_of_message();
                client.mail("<s@c.example>");
            }
            client.quit();
        });
    for (int i = 0; i < 20; ++i) {
        daemon.signal(SIGHUP);
        std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
    for (auto& client : clients) client.join();
    CHECK(wrong == 0);
    CHECK(daemon.logs("new connections go by it"));
    daemon.signal(SIGTERM);
    const auto exit_code = daemon.wait();
    const auto log = daemon.log();
    INFO(log.substr(std::min(log.find("WARNING: "), log.size())));  // what the thread sanitizer found
    CHECK(exit_code.value_or(-2) == 0);
}
