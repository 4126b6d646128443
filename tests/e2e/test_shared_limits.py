"""Limits and the brake of two milters that share one Redis server, on a real sendmail with real AUTH.

Each milter is an SMTP host of its own: its own process, configuration, control socket and connections. Sendmail is
joined to whichever stands at the usual socket.
"""

import smtplib
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from mailsystem.accounts import PASSWORD
from mailsystem.case import MailCase, main
from mailsystem.milter import SOCKET, Milter
from mailsystem.network import Host
from mailsystem.private_files import TEMPORARY
from mailsystem.verdicts import OURS
from redis_server import RedisServer

CONFIGURATION = """
socket = "local:{directory}/{name}.sock"
control = "{directory}/{name}.control"
state = "{directory}/{name}.state"
[limits]
store = "{url}"
{on_failure}
[[limit]]
name = "hourly"
per = "login"
count = "recipients"
max = 10
within = "1h"
[guard]
networks = 1
"""
DIRECTORY = SOCKET.parent


class SharedLimits(MailCase):
    database: Host

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.database = cls.system.network.add("db", ["192.0.2.9"])

    def setUp(self) -> None:
        super().setUp()
        with self.database:
            self.redis = RedisServer(TEMPORARY, "port 6379", f"bind {self.database.v4}", "protected-mode no")
        self.addCleanup(self.redis.stop)
        self.hosts = [Milter(self.system.programs, name) for name in ("one", "two")]
        for host in self.hosts:
            self.addCleanup(host.stop)
        self.joined: Milter | None = None
        self.addCleanup(self.part)
        self.system.milter.stop()
        self.start()

    def start(self, on_failure: str = "") -> None:
        self.part()
        url = f"redis://{self.database.v4}:6379"
        for host in self.hosts:
            host.start(CONFIGURATION.format(directory=DIRECTORY, name=host.name, url=url, on_failure=on_failure))

    def join(self, host: Milter) -> None:
        """Sendmail's next session goes to this one."""
        self.part()
        host.socket.rename(SOCKET)
        self.joined = host

    def part(self) -> None:
        """Each socket is again where its milter made it."""
        if self.joined:
            SOCKET.rename(self.joined.socket)
            self.joined = None

    def replies(self, host: Milter, recipients: int, client: Host | None = None, login: str = "alice") -> list[str]:
        """Codes with enhanced status of so many RCPTs of one message, by way of `host`."""
        self.join(host)
        session = self.library_session(client or self.system.stranger)
        session.login(login, PASSWORD)
        session.mail("alice@example.org")
        said = [session.rcpt(f"friend{n}@remote.example") for n in range(recipients)]
        session.quit()
        return [f"{code} {text.decode().split()[0]}" for code, text in said]

    @staticmethod
    def refusal(session: smtplib.SMTP) -> tuple[int, bytes]:
        code, text = session.rcpt("other@remote.example")
        return code, text[:5]

    def ask(self, host: Milter, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run([str(self.system.programs / "milter-relay"), *words, "-c", str(host.configuration)],
                              capture_output=True, text=True, timeout=60)

    def test_a_limit_holds_over_both_hosts(self):
        one, two = self.hosts
        self.assertEqual(self.replies(one, 6), ["250 2.1.5"] * 6)
        self.assertEqual(self.replies(two, 6), ["250 2.1.5"] * 4 + ["452 4.5.3"] * 2)
        self.assertEqual(self.replies(one, 1), ["452 4.5.3"])
        self.assertEqual(self.replies(two, 1, login="bob"), ["250 2.1.5"])
        for host in self.hosts:
            self.assertIn("10/10", self.ask(host, "limits", "alice").stdout)
        self.assertEqual(self.ask(two, "limits", "--reset", "alice").returncode, 0)
        self.assertEqual(self.replies(one, 1), ["250 2.1.5"])

    def test_what_one_host_brakes_is_braked_at_the_other_at_once_and_released_by_either(self):
        one, two = self.hosts
        self.assertEqual(self.replies(one, 1), ["250 2.1.5"])
        self.join(two)
        waiting = self.library_session(self.system.stranger)
        waiting.login("alice", PASSWORD)
        waiting.mail("alice@example.org")
        self.assertEqual(waiting.rcpt("friend@remote.example")[0], 250)
        self.join(one)
        second = self.library_session(self.system.home)
        second.login("alice", PASSWORD)
        second.mail("alice@example.org")
        self.assertEqual(self.refusal(second), (451, b"4.7.1"))
        self.assertEqual(self.refusal(waiting), (451, b"4.7.1"))  # The next recipient, however soon.
        waiting.quit()
        second.quit()
        self.assertIn("2 networks within 3600 s", self.ask(two, "limits").stdout)
        self.assertEqual(self.ask(two, "release", "alice").returncode, 0)
        self.assertEqual(self.replies(one, 1), ["250 2.1.5"])

    def test_without_the_server_mail_goes_by_and_the_admin_sees_why(self):
        one, _ = self.hosts
        self.assertEqual(self.replies(one, 10), ["250 2.1.5"] * 10)
        self.redis.stop()
        self.assertEqual(self.replies(one, 5), ["250 2.1.5"] * 5)
        self.system.log.wait(OURS + r"\S+: verdict=permit .* would=lookup_failed", self.mark)
        self.system.log.wait(OURS + r".*limits: redis://192\.0\.2\.9:6379: .*; letting mail go by", self.mark)
        self.assertIn("last error of limit", self.ask(one, "status").stdout)
        asked = self.ask(one, "limits")
        self.assertNotEqual(asked.returncode, 0)
        self.assertIn("redis://192.0.2.9:6379", asked.stderr)
        with self.database:
            self.redis.start()
        time.sleep(1.5)  # It is asked again a second after its failure.
        self.assertEqual(self.replies(one, 11), ["250 2.1.5"] * 10 + ["452 4.5.3"])

    def test_without_the_server_mail_waits_where_the_admin_wants_that(self):
        one, _ = self.hosts
        self.start('on_failure = "defer"')
        self.assertEqual(self.replies(one, 1), ["250 2.1.5"])
        self.redis.stop()
        self.assertEqual(self.replies(one, 2), ["451 4.3.0"] * 2)
        self.assertEqual(self.try_relay(self.system.stranger).code, 550)

    def test_counts_that_are_elsewhere_have_no_file(self):
        one, _ = self.hosts
        self.assertEqual(self.replies(one, 1), ["250 2.1.5"])
        one.stop()
        self.assertFalse((DIRECTORY / "one.state").exists())


if __name__ == "__main__":
    main()
