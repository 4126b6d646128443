// The real daemon at the end of a wire on which anything may come: it answers or drops that session, and serves the rest.
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/sanitized.h"
#include "tests/unit/milter/daemon_process.h"

namespace {

using namespace relay::test;
using namespace std::string_literals;

std::string packet(char letter, std::string_view data) { return MilterClient::packet(letter, data); }

const std::string kNegotiation = packet('O', "\0\0\0\6\0\0\1\xff\0\x1f\xff\xff"s);
const std::string kConnect = packet('C', "mail.c.example\0004\x9c\x40" "192.0.2.1\0"s);
const std::string kMail = packet('M', "<s@c.example>\0"s);
const std::string kRcpt = packet('R', "<a@b.example>\0"s);

std::string macros_of_rcpt(const std::string& destination, const std::string& client) {
    std::string data = "R";
    for (const auto& [name, value] : wired(destination, client)) data.append(name).append(1, '\0').append(value).append(1, '\0');
    return packet('D', data);
}

/// A stranger's whole session: two recipients, one here and one elsewhere.
std::string strangers_session() {
    return kNegotiation + kConnect + kMail + macros_of_rcpt("ours", "unknown") + kRcpt + macros_of_rcpt("other", "unknown") +
           kRcpt;
}

/// The letters of its two answers.
std::string answers(MilterClient& client) {
    REQUIRE(client.read_answer().letter == 'O');
    std::string letters;
    for (int i = 0; i < 2; ++i) letters += client.read_answer().letter;
    return letters;
}

/// What /proc says of the process under this name: VmRSS in kilobytes, Threads.
std::size_t status_of(const DaemonProcess& daemon, const std::string& name) {
    std::ifstream status{"/proc/" + std::to_string(daemon.pid()) + "/status"};
    for (std::string word; status >> word;)
        if (word == name + ":") return status >> word, std::stoul(word);
    return 0;
}

}  // namespace

TEST_CASE("a session is understood wherever its bytes are cut, and in one piece") {
    DaemonProcess daemon;
    daemon.start();
    const std::string bytes = strangers_session();
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        auto client = daemon.client();
        client.send_bytes(std::string_view{bytes}.substr(0, cut));
        std::this_thread::sleep_for(std::chrono::microseconds{300});
        client.send_bytes(std::string_view{bytes}.substr(cut));
        INFO("cut before byte " << cut);
        REQUIRE(answers(client) == "cy");
    }
    auto client = daemon.client();
    for (const char byte : bytes) client.send_bytes({&byte, 1});
    CHECK(answers(client) == "cy");
}

TEST_CASE("what no MTA would send ends its own session at the most") {
    DaemonProcess daemon;
    daemon.start();
    const std::string begun = kNegotiation + kConnect + kMail;
    const auto [what, bytes] = GENERATE_COPY(table<const char*, std::string>({
        {"nothing", ""},
        {"a length of 0", "\0\0\0\0"s},
        {"a length of 1", "\0\0\0\1"s},
        {"a length of 2^31", "\x80\0\0\0O"s},
        {"the greatest length", "\xff\xff\xff\xffO"s},
        {"a command that nobody knows", packet('z', "x")},
        {"the same after MAIL", begun + packet('z', "x")},
        {"a length of 0 after MAIL", begun + "\0\0\0\0"s},
        {"a length of 2^31 after MAIL", begun + "\x80\0\0\0R"s},
        {"two negotiations", kNegotiation + kNegotiation},
        {"a negotiation that is too short", packet('O', "\0\0"s)},
        {"a negotiation of version 0", packet('O', "\0\0\0\0\0\0\0\0\0\0\0\0"s)},
        {"a negotiation without any step", packet('O', "\0\0\0\6\0\0\0\0\0\0\0\0"s)},
        {"RCPT before all", kRcpt},
        {"RCPT before MAIL", kNegotiation + kConnect + kRcpt},
        {"MAIL before CONNECT", kNegotiation + kMail + kRcpt},
        {"the end of a message before MAIL", kNegotiation + kConnect + packet('E', "")},
        {"a body before MAIL", kNegotiation + kConnect + packet('B', std::string(65535, 'x'))},
        {"CONNECT without an address", kNegotiation + packet('C', "")},
        {"CONNECT with half an address", kNegotiation + packet('C', "h\0004\x9c"s)},
        {"CONNECT with an address that is none", kNegotiation + packet('C', "h\0004\x9c\x40" "999.1\0"s)},
        {"CONNECT with a name that does not end", kNegotiation + packet('C', std::string(5000, 'h'))},
        {"CONNECT of an unknown family", kNegotiation + packet('C', "h\0Z\x9c\x40" "192.0.2.1\0"s)},
        {"two CONNECTs", kNegotiation + kConnect + kConnect + kMail + kRcpt},
        {"MAIL without an argument", kNegotiation + kConnect + packet('M', "")},
        {"MAIL without an end", kNegotiation + kConnect + packet('M', "<s@c.example>")},
        {"RCPT without an argument", begun + packet('R', "")},
        {"RCPT without an end", begun + packet('R', "<a@b.example>")},
        {"RCPT of a megabyte", begun + packet('R', std::string(1 << 20, 'a') + '\0')},
        {"RCPT with control bytes", begun + packet('R', "<\x01\x1b[2J%n%s\r\n@b.example>\0"s)},
        {"macros without a stage", kNegotiation + packet('D', "")},
        {"macros of a stage that there is not", kNegotiation + packet('D', "Zi\0x\0"s)},
        {"a macro without a value", begun + packet('D', "Ri\0"s) + kRcpt},
        {"a macro without an end", begun + packet('D', "Ri") + kRcpt},
    }));
    INFO(what);
    {
        auto client = daemon.client();
        try {
            client.send_bytes(bytes);
        } catch (const std::runtime_error&) {  // Closed before the last of it had come.
        }
        auto beside = in_message(daemon, wired("other", "unknown"));
        CHECK(beside.rcpt("<a@b.example>")->letter == 'y');
        // Not one of these recipients was said to be ours, or its client to be known.
        for (const Answer& answer : client.last_answers()) CHECK("Oyt"s.find(answer.letter) != std::string::npos);
    }
    CHECK(first_answer(daemon) == 'c');
    CHECK(daemon.logs("verdict=permit"));
    CHECK_FALSE(daemon.wait(std::chrono::milliseconds{0}));
}

TEST_CASE("no recipient elsewhere is permitted for macros that are missing, doubled or of another step") {
    DaemonProcess daemon;
    daemon.start();
    const std::string begun = kNegotiation + kConnect + kMail;
    const std::string as_connect = [] {
        std::string of_rcpt = macros_of_rcpt("ours", "known");
        of_rcpt[5] = 'C';  // Behind the length and the letter: the step that they belong to.
        return of_rcpt;
    }();
    const auto [what, bytes] = GENERATE_COPY(table<const char*, std::string>({
        {"none", begun + kRcpt},
        {"empty", begun + macros_of_rcpt("", "") + kRcpt},
        {"doubled, the last for a stranger", begun + macros_of_rcpt("ours", "unknown") + macros_of_rcpt("other", "unknown") + kRcpt},
        {"of the step before, overruled", begun + as_connect + macros_of_rcpt("other", "unknown") + kRcpt},
        {"after the command", begun + macros_of_rcpt("other", "unknown") + kRcpt + macros_of_rcpt("ours", "unknown")},
        {"words that there are not", begun + macros_of_rcpt("OURS", "Known") + kRcpt},
    }));
    INFO(what);
    auto client = daemon.client();
    client.send_bytes(bytes);
    REQUIRE(client.read_answer().letter == 'O');
    CHECK(client.read_answer().letter == 'y');
}

TEST_CASE("100,000 recipients of a message are all answered, in the memory of one") {
    DaemonProcess daemon;
    daemon.start();
    auto client = in_message(daemon, wired("ours", "unknown"));
    constexpr int kAtOnce = 100;
    std::string many;
    for (int i = 0; i < kAtOnce; ++i) many += macros_of_rcpt("ours", "unknown") + kRcpt;
    const auto round = [&] {
        client.send_bytes(many);
        for (int i = 0; i < kAtOnce; ++i) REQUIRE(client.read_answer().letter == 'c');
    };
    for (int i = 0; i < 10; ++i) round();
    const auto before = status_of(daemon, "VmRSS");
    for (int i = 10; i < 1000; ++i) round();
    // Threads that come to work meanwhile take some hundred each; a recipient that is kept takes more than 42 bytes.
    if (!kSanitized) CHECK(status_of(daemon, "VmRSS") < before + 4096);
    CHECK(client.end_of_message()->letter == 'c');
}

TEST_CASE("sessions that hang after any command, or within one, hold up nobody, and not the stop") {
    DaemonProcess daemon;
    daemon.start();
    const std::string macros = macros_of_rcpt("ours", "unknown");
    const std::vector<std::string> states{"", kNegotiation, kNegotiation + kConnect, kNegotiation + kConnect + kMail,
                                          kNegotiation + kConnect + kMail + macros, strangers_session(),
                                          kNegotiation.substr(0, 3), kNegotiation + kConnect.substr(0, 7),
                                          kNegotiation + kConnect + kMail + macros.substr(0, macros.size() - 1)};
    std::vector<MilterClient> hanging;
    for (int i = 0; i < 20; ++i)
        for (const std::string& state : states) hanging.emplace_back(daemon.address).send_bytes(state);
    for (int i = 0; i < 20; ++i) REQUIRE(first_answer(daemon) == 'c');
    CHECK(status_of(daemon, "Threads") < hanging.size() / 4);
    daemon.signal(SIGTERM);
    CHECK(daemon.wait() == 0);
}

TEST_CASE("10,000 sessions stay idle while others work, in less than 2 KiB each") {
    constexpr rlim_t kNeeded = 11'000;
    rlimit limit{};
    REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    const rlimit raised{kNeeded, std::max(limit.rlim_max, kNeeded)};
    INFO("needs " << kNeeded << " descriptors, and the right to have them (ulimit -n, or root)");
    REQUIRE(setrlimit(RLIMIT_NOFILE, &raised) == 0);
    DaemonProcess daemon;
    daemon.start();
    REQUIRE(first_answer(daemon) == 'c');
    const auto before = status_of(daemon, "VmRSS");
    std::vector<MilterClient> idle;
    for (int i = 0; i < 10'000; ++i) {
        idle.emplace_back(daemon.address);
        idle.back().send_bytes(kNegotiation + kConnect + kMail);
        REQUIRE(idle.back().read_answer().letter == 'O');
    }
    for (int i = 0; i < 50; ++i) REQUIRE(first_answer(daemon) == 'c');
    const auto after = status_of(daemon, "VmRSS");
    std::cout << "10,000 idle sessions: " << after - before << " KiB" << std::endl;
    if (!kSanitized) CHECK(after < before + 2 * idle.size());
    for (std::size_t i = 0; i < idle.size(); i += 100) {
        idle[i].send_bytes(macros_of_rcpt("other", "unknown") + kRcpt);
        REQUIRE(idle[i].read_answer().letter == 'y');
    }
    idle.clear();
    CHECK(first_answer(daemon) == 'c');
    setrlimit(RLIMIT_NOFILE, &limit);
}
