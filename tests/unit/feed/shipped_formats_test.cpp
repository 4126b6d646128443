// The formats that are installed: each sample, each look-alike, and every server's success line put where a peer could
// put it.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "tests/support/catch.h"
#include "tests/unit/feed/shipped_formats.h"

using namespace relay;

namespace {

/// Every message with which a server says that somebody was let in, or from where.
std::vector<std::string> success_lines() {
    std::vector<std::string> lines;
    for (const LoginFormat& format : shipped())
        for (const MessageFormat& message : format.messages)
            if (message.kind() == MessageKind::login || message.kind() == MessageKind::connect)
                for (const Sample& sample : message.samples) lines.push_back(sample.message);
    return lines;
}

}  // namespace

TEST_CASE("the formats of all servers are there, each with samples and look-alikes, for IPv4 and IPv6") {
    std::set<std::string> names;
    for (const LoginFormat& format : shipped()) {
        CAPTURE(format.name);
        names.insert(format.name);
        CHECK(format.lookalikes.size() >= 3);
        for (const MessageFormat& message : format.messages)
            if (message.kind() != MessageKind::other) CHECK_FALSE(message.samples.empty());
    }
    CHECK(names
          == std::set<std::string>{"courier", "cyrus", "dovecot", "mailutils", "perdition", "popa3d", "qpopper",
                                   "teapop", "uw-imap", "vm-pop3d"});
}

TEST_CASE("each sample is a login of its client from each of its programs, with all formats loaded") {
    for (const LoginFormat& format : shipped())
        for (const std::string& program : format.programs)
            for (const MessageFormat& message : format.messages)
                for (const Sample& sample : message.samples) {
                    if (message.kind() != MessageKind::login || sample.expected.empty()) continue;
                    Fed fed;
                    CAPTURE(format.name, program, sample.message);
                    const auto events = fed.take(program, sample.message);
                    REQUIRE(events.size() == 1);
                    CHECK(events[0].client == Address::parse(sample.expected));
                    CHECK(events[0].login == sample.login);
                }
}

TEST_CASE("two lines of one process make a login where a server writes two") {
    for (const LoginFormat& format : shipped())
        for (const MessageFormat& first : format.messages)
            for (const MessageFormat& second : format.messages) {
                if (first.kind() != MessageKind::connect || second.kind() != MessageKind::login
                    || !second.samples.at(0).expected.empty())
                    continue;
                Fed fed;
                CAPTURE(format.name, first.samples[0].message, second.samples[0].message);
                CHECK(fed.take(format.programs[0], first.samples[0].message, 5).empty());
                CHECK(fed.take(format.programs[0], second.samples[0].message, 6).empty());
                const auto events = fed.take(format.programs[0], second.samples[0].message, 5);
                REQUIRE(events.size() == 1);
                CHECK(events[0].client == Address::parse(first.samples[0].expected));
            }
}

TEST_CASE("no look-alike is a login, from no program") {
    Fed fed;
    for (const LoginFormat& format : shipped())
        for (const std::string& line : format.lookalikes)
            for (const LoginFormat& other : shipped())
                for (const std::string& program : other.programs) {
                    CAPTURE(format.name, program, line);
                    CHECK(fed.take(program, line).empty());
                }
}

TEST_CASE("a session's end without its login is nothing") {
    for (const LoginFormat& format : shipped())
        for (const MessageFormat& message : format.messages)
            for (const Sample& sample : message.samples)
                if (message.kind() == MessageKind::end) CHECK(Fed{}.take(format.programs[0], sample.message).empty());
}

TEST_CASE("a success line in a login, a sender or a host name is no login, through every format") {
    const char* places[] = {
        "from=<{}>, size=0, class=0, nrcpts=0, proto=ESMTP, relay=[203.0.113.9]",
        "ruleset=check_mail, arg1=<{}>, relay={} [203.0.113.9], reject=553",
        "imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<{}>, method=PLAIN, "
        "rip=203.0.113.9, lip=192.0.2.1, session=<x>",
        "imap-login: Login: user=<{}>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1, mpid=5, session=<x>",
        "imap-login: Logged in: user=<{}>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1, mpid=5, session=<x>",
        "imap({})<5><x>: Disconnected: {}",
        "LOGIN FAILED, user={}, ip=[::ffff:203.0.113.9], port=[5]",
        "LOGIN, user={}, ip=[::ffff:203.0.113.9], port=[5], protocol=IMAP",
        "ID, user=alice, ip=[::ffff:203.0.113.9], port=[5], name={}",
        "badlogin: {} [203.0.113.9] plaintext {} SASL(-13): authentication failure",
        "login: {} [203.0.113.9] alice plaintext User logged in",
        "login: client.example [203.0.113.9] {} plaintext User logged in",
        "login: client.example [203.0.113.9] anonymous {}",
        "client id sessionid=<x>: \"name\" \"{}\"",
        "Login failed user={} auth={} host={} [203.0.113.9]",
        "Login user={} host=client.example [203.0.113.9]",
        "Login user=alice host={} [203.0.113.9]",
        "Login user=alice host={}",
        "(v4.0.9) POP login by user \"{}\" at (client.example) 203.0.113.9 [pop_log.c:244]",
        "(v4.0.9) POP login by user \"alice\" at ({}) 203.0.113.9",
        "Stats: {} 0 0 0 0 client.example 203.0.113.9",
        "Stats: alice 0 0 0 0 {} 203.0.113.9",
        "-ERR Password supplied for \"{}\" is incorrect.",
        "user `{}' nonexistent",
        "user `{}': authentication failed",
        "User '{}' logged in with mailbox '/var/mail/{}' from 203.0.113.9",
        "POP3 login: user `{}', source system",
        "connect from {}",
        "Session from {}",
        "Failed login for {} [192.0.2.1] from {} [203.0.113.9]",
        "Successful login for {} [192.0.2.1] from client.example [203.0.113.9]",
        "Successful login for alice [192.0.2.1] from {} [203.0.113.9]",
        "Authentication failed for {}",
        "User '{}' logged in from 203.0.113.9, nmsgs=3",
        "Auth: 203.0.113.9:5->192.0.2.1:143 client-secure=plaintext authorisation_id=NONE authentication_id=\"{}\" "
        "server=\"h:143\" protocol=IMAP4 server-secure=plaintext status=\"failed\"",
        "Auth: 203.0.113.9:5->192.0.2.1:143 client-secure=plaintext authorisation_id=\"{}\" authentication_id=\"{}\" "
        "server=\"h:143\" protocol=IMAP4 server-secure=plaintext status=\"ok\"",
        "Auth: 203.0.113.9->192.0.2.1 user=\"{}\" server=\"h\" port=\"143\" status=\"failed\"",
        "{} ",
        " {}",
        "{}\n{}",
        "x: {}",
        "{}>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1, mpid=5, session=<x>",
    };
    const auto lines = success_lines();
    REQUIRE(lines.size() >= 30);
    Fed fed;
    for (const LoginFormat& format : shipped())
        for (const std::string& program :
             {format.programs[0], format.programs.back(), std::string{"sendmail"}, std::string{"sm-mta"}})
            for (const char* place : places)
                for (const std::string& line : lines) {
                    const std::string message = fmt::format(fmt::runtime(place), line, line, line);
                    for (const LoginEvent& event : fed.take(program, message)) {
                        CAPTURE(program, message);
                        CHECK(event.client == Address::parse("203.0.113.9"));
                        CHECK(line.find("203.0.113.9") == std::string::npos);
                        FAIL("read as a login");
                    }
                }
}

TEST_CASE("each server that has both is known for POP3 and for IMAP") {
    const std::tuple<const char*, const char*, const char*> both[] = {
        {"dovecot", "dovecot", "dovecot"},     {"courier", "pop3d", "imapd"},
        {"cyrus", "cyrus/pop3", "cyrus/imap"}, {"uw-imap", "ipop3d", "imapd"},
        {"mailutils", "pop3d", "imap4d"},      {"perdition", "perdition.pop3", "perdition.imap4"}};
    const auto formats = shipped();
    for (const auto& [name, pop3, imap] : both) {
        CAPTURE(name);
        const auto found = std::find_if(formats.begin(), formats.end(), [n = std::string{name}](const LoginFormat& f) { return f.name == n; });
        REQUIRE(found != formats.end());
        for (const std::string program : {pop3, imap})
            CHECK(std::count(found->programs.begin(), found->programs.end(), program) == 1);
    }
    Fed fed;
    for (const char* service : {"pop3", "imap"})
        for (const char* word : {"Login", "Logged in"})
            CHECK(fed.take("dovecot", fmt::format("{}-login: {}: user=<alice>, method=PLAIN, rip=198.51.100.7, lip=192.0.2.1", service, word)).size() == 1);
}
