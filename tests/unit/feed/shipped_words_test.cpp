// What a server says that is no login: known where it says it every day, missed where its words have changed.
#include <utility>

#include "tests/support/catch.h"
#include "tests/unit/feed/shipped_formats.h"

using namespace relay;

TEST_CASE("what the servers say day by day is known to their formats") {
    const std::pair<const char*, const char*> lines[] = {
        {"dovecot", "master: Dovecot v2.3.19.1 (9b53102964) starting up for pop3, imap (core dumps disabled)"},
        {"dovecot", "imap(alice)<81><QugD7tdgJIbGM2QH>: Disconnected: Logged out in=32 out=780"},
        {"dovecot", "imap(alice): Error: Mailbox INBOX: open failed"},
        {"dovecot",
         "pop3-login: Disconnected: Aborted login by logging out (no auth attempts in 0 secs): user=<>, "
         "rip=198.51.100.7, lip=192.0.2.1, session=<x>"},
        {"dovecot",
         "imap-login: Login aborted: Connection closed (no auth attempts in 0 secs) (no_auth_attempts): user=<>, "
         "rip=198.51.100.7, lip=192.0.2.1, session=<x>"},
        {"dovecot", "auth: passwd-file(alice,198.51.100.7,<x>): Password mismatch"},
        {"dovecot", "lmtp(alice)<5><x>: sieve: msgid=<y>: stored mail into mailbox 'INBOX'"},
        {"dovecot", "log: Warning: Killed with signal 15"},
        {"imapd", "Connection, ip=[::ffff:198.51.100.7], port=[4711]"},
        {"imapd", "LOGIN FAILED, user=alice, ip=[::ffff:198.51.100.7], port=[4711]"},
        {"cyrus/imap", "starttls: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits new) no authentication"},
        {"cyrus/imap", "accepted connection"},
        {"imapd", "failed to find gam_server"},
        {"imapd", "LOGOUT, user=alice, ip=[::ffff:198.51.100.7], port=[4711], headers=0, body=0, rcvd=14, sent=242, time=2"},
        {"cyrus/imap", "SASL AlwaysTrue Password Verifier Verified: alice"},
        {"cyrus/pop3", "counts: retr=<0> top=<0> dele=<0>"},
        {"imap4d", "pam_unix(mailutils:auth): authentication failure; logname= uid=0 euid=0 tty= ruser= rhost=  user=alice"},
        {"popa3d", "Authentication failed for alice"},
        {"popa3d", "3 messages (1234 bytes) loaded"},
        {"pop3d", "process 73 finished with code 0 (Normal termination)"},
        {"pop3d", "POP3 login: user `alice', source system"},
        {"perdition.pop3", "Connect:  198.51.100.7:43554->192.0.2.1:2110"},
        {"perdition.pop3",
         "Closing session: 198.51.100.7:43554->192.0.2.1:2110 authorisation_id=NONE authentication_id=\"alice\" "
         "received=6 sent=18"},
    };
    Fed fed;
    for (const auto& [program, message] : lines) {
        CAPTURE(message);
        CHECK(fed.take(program, message).empty());
    }
    for (const LoginFormat& format : shipped())
        for (const std::string& program : format.programs) {
            CAPTURE(program);
            CHECK(fed.unknown_lines(program) == 0);
        }
}

TEST_CASE("a login's line with one new field or word is missed, by every format and every program, never taken for another") {
    for (const LoginFormat& format : shipped())
        for (const MessageFormat& message : format.messages)
            for (const Sample& sample : message.samples) {
                if (message.kind() != MessageKind::login) continue;
                const std::string& line = sample.message;
                for (const std::string& changed : {line + " new=1", "New " + line})
                    for (const std::string& program : format.programs) {
                        if (program.empty()) continue;
                        Fed fed;
                        CAPTURE(program, changed);
                        CHECK(fed.take(program, changed).empty());
                        CHECK(fed.unknown_lines(program) == 1);
                    }
            }
}
