"""What the tests in tests/e2e share: one mail system for a file, a clean state for a test, and what to show on failure.

A test file ends with `main()`, which moves the run into namespaces, starts the system and runs the file's tests.
"""

import argparse
import os
import smtplib
import ssl
import sys
import time
import unittest
from pathlib import Path

from .certificates import AUTHORITY
from .conversation import Conversation, Reply
from .namespaces import CannotRun, enter
from .network import MX4, MX_NAME, Host
from .system import DEFAULT_PROGRAMS, MailSystem, start
from .verdicts import OURS, Verdict, verdicts

_system: MailSystem | None = None


class MailCase(unittest.TestCase):
    """A test with `self.system` as if freshly started, wired by `mc`."""

    mc = "default.mc"
    system: MailSystem

    @classmethod
    def setUpClass(cls) -> None:
        if _system is None:
            raise RuntimeError(f"run this file itself: python3 {sys.argv[0]}")
        cls.system = _system
        if cls.system.sendmail.mc.name != cls.mc:
            cls.system.use(cls.mc)

    def setUp(self) -> None:
        self.conversations: list[Conversation] = []
        begun = self.system.log.mark()
        self.system.reset()
        self.system.log.wait(OURS + "milter-relay .* answers on ", begun)  # it comes a moment after the first answer
        self.mark = self.system.log.mark()

    def talk(self, host: Host, port: int = 25, address: str = MX4) -> Conversation:
        """A line-by-line SMTP session from `host`, EHLO said."""
        conversation = Conversation(host, port, address)
        self.conversations.append(conversation)
        self.addCleanup(conversation.__exit__)
        self.assertEqual(conversation.greeting.code, 220, conversation.greeting)
        self.assertEqual(conversation.say("EHLO client.example").code, 250)
        return conversation

    def try_relay(self, host: Host, recipient: str = "friend@remote.example", address: str = MX4) -> Reply:
        """The reply to one RCPT from `host`, in a session of its own."""
        conversation = self.talk(host, address=address)
        self.assert_reply(conversation.say("MAIL FROM:<alice@example.org>"), 250)
        reply = conversation.say(f"RCPT TO:<{recipient}>")
        conversation.say("QUIT")
        return reply

    def library_session(self, host: Host, port: int = 587, tls: bool = True, address: str = MX4) -> smtplib.SMTP:
        """Python's own SMTP client, from `host`, EHLO said and TLS started."""
        with host:
            session = smtplib.SMTP(address, port, local_hostname="client.example", timeout=40)
        self.addCleanup(session.close)
        session.ehlo()
        if tls:
            session.starttls(context=client_tls())
            session.ehlo()
        return session

    def finish_message(self, conversation: Conversation, text: str = "Subject: test\r\n\r\nhello") -> Reply:
        """DATA and the text; the reply to the final dot."""
        self.assert_reply(conversation.say("DATA"), 354)
        return conversation.say(text + "\r\n.")

    def assert_reply(self, reply: Reply, code: int, enhanced: str = "") -> None:
        self.assertEqual(reply.code, code, reply)
        self.assertTrue(reply.text[4:].startswith(enhanced), f"{reply} does not say {enhanced}")

    def assert_nothing_left(self) -> None:
        """Nothing was relayed, and nothing waits to be.

        Local mail may take a moment to leave the queue: procmail sleeps for 8 s where two deliver to one box at once.
        """
        deadline = time.monotonic() + 30
        while self.system.sendmail.queued() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(self.system.sendmail.queued(), [])
        self.assertEqual(self.system.sink.messages, [])

    def verdicts(self, count: int) -> list[Verdict]:
        """The milter's log lines of this test: exactly so many."""
        return verdicts(self.system.log, self.mark, count)


def client_tls() -> ssl.SSLContext:
    """TLS that trusts our throw-away authority and nobody else."""
    return ssl.create_default_context(cafile=str(AUTHORITY))


class _Diagnosis(unittest.TextTestResult):
    """Shows, with every failure, the sessions of the test and the end of the mail log."""

    def _exc_info_to_string(self, err, test) -> str:
        text = super()._exc_info_to_string(err, test)
        for conversation in getattr(test, "conversations", []):
            text += "\n--- session\n" + "\n".join(conversation.transcript) + "\n"
        return text + ("\n--- mail log\n" + _system.log.tail() + "\n" if _system else "")


def main() -> None:
    """Runs the tests of the file that calls it; exits non-zero on any failure, and where they cannot run at all."""
    global _system
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", type=Path, default=Path(os.environ.get("MILTER_RELAY_BIN", DEFAULT_PROGRAMS)),
                        metavar="DIRECTORY", help="where milter-relay and vsmtprelay are (default: %(default)s)")
    parser.add_argument("names", nargs="*", help="tests of this file, as for unittest")
    arguments = parser.parse_args()
    sys.dont_write_bytecode = True
    try:
        enter()
        _system = start(arguments.bin)
    except CannotRun as reason:
        sys.exit(f"{sys.argv[0]}: cannot run: {reason}")
    print(f"{MX_NAME} is up; running {Path(sys.argv[0]).name}", file=sys.stderr)
    unittest.main(module="__main__", argv=[sys.argv[0], *arguments.names], verbosity=2,
                  testRunner=unittest.TextTestRunner(verbosity=2, resultclass=_Diagnosis))
