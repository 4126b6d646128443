"""Limits and the brake of two SMTP hosts that share a Redis server: real sendmail, real AUTH, and a milter on each."""

import smtplib
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from mailsystem.accounts import PASSWORD
from mailsystem.case import MailCase, main
from mailsystem.milter import CONFIGURATION
from mailsystem.network import MX4, Host
from mailsystem.redis_server import RedisServer
from mailsystem.smtp_host import SmtpHost
from mailsystem.system import CONFIGURATIONS
from mailsystem.verdicts import OURS

STATE = Path("/run/milter-relay/limits")  # In the private /run: nothing of the host is touched.
TOP = f'state = "{STATE}"\n'
SHARED = """
[[limit]]
name = "hourly"
per = "login"
count = "recipients"
max = 10
within = "1h"
[guard]
networks = 1
[limits]
store = "{url}"
"""
SOON = 0.050  # seconds
AGAIN = 1.3  # until a milter asks a server again that has failed


class SharedLimits(MailCase):
    """mx is one of the hosts."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        network = cls.system.network
        cls.redis = RedisServer(network.add("counts", ["203.0.113.50"]))
        cls.shared = SHARED.format(url=cls.redis.url)
        cls.second = SmtpHost(network.add("smtp2", ["203.0.113.42"], "smtp2.example.org"), cls.system.programs,
                              CONFIGURATIONS / "default.mc", cls.shared)
        cls.addresses = [MX4, cls.second.host.v4]

    @classmethod
    def tearDownClass(cls) -> None:
        cls.second.stop()
        cls.redis.stop()

    def setUp(self) -> None:
        super().setUp()
        STATE.unlink(missing_ok=True)
        self.redis.start_empty()
        time.sleep(AGAIN)  # The second milter may have missed the server a moment ago.
        self.system.milter.start(TOP + self.shared)

    def logged_in(self, address: str, client: Host | None = None, login: str = "alice") -> smtplib.SMTP:
        """In the middle of a message. Without TLS, whose certificate is that of mx: CRAM-MD5."""
        session = self.library_session(client or self.system.stranger, tls=False, address=address)
        session.login(login, PASSWORD)
        session.mail("alice@example.org")
        return session

    @staticmethod
    def ask_for(session: smtplib.SMTP) -> str:
        """Code and enhanced status of one recipient more."""
        code, text = session.rcpt("friend@remote.example")
        return f"{code} {text.decode().split()[0]}"

    def replies(self, address: str, recipients: int, client: Host | None = None, login: str = "alice") -> list[str]:
        session = self.logged_in(address, client, login)
        said = [self.ask_for(session) for _ in range(recipients)]
        session.quit()
        return said

    def command(self, configuration: Path, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run([str(self.system.programs / "milter-relay"), *words, "-c", str(configuration)],
                              capture_output=True, text=True, timeout=60)

    def test_a_limit_holds_over_both_hosts(self):
        one, two = self.addresses
        self.assertEqual(self.replies(one, 6), ["250 2.1.5"] * 6)
        self.assertEqual(self.replies(two, 6), ["250 2.1.5"] * 4 + ["452 4.5.3"] * 2)
        self.assertEqual(self.replies(one, 1), ["452 4.5.3"])
        self.assertEqual(self.replies(two, 1, login="bob"), ["250 2.1.5"])
        for configuration in (CONFIGURATION, self.second.directory / "milter-relay.toml"):
            self.assertIn("10/10", self.command(configuration, "limits", "alice").stdout)
        self.assertEqual(self.command(CONFIGURATION, "limits", "--reset", "alice").returncode, 0)
        self.assertEqual(self.replies(two, 1), ["250 2.1.5"])
        self.assertFalse(STATE.exists())  # What is counted elsewhere has no file.

    def test_what_one_host_brakes_is_braked_at_the_other_at_once_and_released_by_either(self):
        one, two = self.addresses
        waiting, second = self.logged_in(one), self.logged_in(two, self.system.home)
        self.assertEqual(self.ask_for(waiting), "250 2.1.5")
        self.assertEqual(self.ask_for(second), "451 4.7.1")
        begin = time.monotonic()
        self.assertEqual(self.ask_for(waiting), "451 4.7.1")
        self.assertLess(time.monotonic() - begin, SOON)
        waiting.quit()
        second.quit()
        self.assertIn("2 networks within 3600 s", self.command(CONFIGURATION, "limits").stdout)
        self.assertEqual(self.command(CONFIGURATION, "release", "alice").returncode, 0)
        self.assertEqual(self.replies(two, 1), ["250 2.1.5"])

    def test_without_the_server_mail_goes_by_and_the_admin_sees_why(self):
        self.assertEqual(self.replies(MX4, 10), ["250 2.1.5"] * 10)
        self.redis.stop()
        self.assertEqual(self.replies(MX4, 5), ["250 2.1.5"] * 5)
        self.system.log.wait(OURS + r"\S+: verdict=permit .* would=lookup_failed", self.mark)
        self.system.log.wait(OURS + r".*limits: redis://203\.0\.113\.50:6379/0: .*; letting mail go by", self.mark)
        self.assertIn("last error of limit", self.command(CONFIGURATION, "status").stdout)
        asked = self.command(CONFIGURATION, "limits")
        self.assertNotEqual(asked.returncode, 0)
        self.assertIn("redis://203.0.113.50:6379/0", asked.stderr)
        self.redis.start()
        time.sleep(AGAIN)
        self.assertEqual(self.replies(MX4, 1), ["452 4.5.3"])  # It knows what it had acknowledged.

    def test_without_the_server_mail_waits_where_the_admin_wants_that(self):
        self.system.milter.start(TOP + self.shared + 'on_failure = "defer"\n')
        self.assertEqual(self.replies(MX4, 1), ["250 2.1.5"])
        self.redis.stop()
        self.assertEqual(self.replies(MX4, 2), ["451 4.3.0"] * 2)
        self.assertEqual(self.try_relay(self.system.stranger).code, 550)


if __name__ == "__main__":
    main()
