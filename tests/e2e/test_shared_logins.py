"""A host that has outgrown one machine: users read their mail on one, and send through two others; a Redis server knows the logins."""

import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from test_logins import imap_login, pop_login  # noqa: E402

from mailsystem.case import MailCase, main  # noqa: E402
from mailsystem.network import MX4  # noqa: E402
from mailsystem.redis_server import RedisServer  # noqa: E402
from mailsystem.smtp_host import SmtpHost  # noqa: E402
from mailsystem.system import CONFIGURATIONS  # noqa: E402

FAR = "friend@remote.example"
TIMES = 20


class SharedLogins(MailCase):
    """mx is one of the SMTP hosts."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        network = cls.system.network
        cls.redis = RedisServer(network.add("logins", ["203.0.113.40"]))
        cls.pop = network.add("pop", ["203.0.113.41"])
        cls.second = SmtpHost(network.add("smtp2", ["203.0.113.42"], "smtp2.example.org"), cls.system.programs,
                              CONFIGURATIONS / "default.mc", f'[pop]\ndatabase = "{cls.redis.url}"\n')
        cls.system.dovecot.stop()
        with cls.pop:
            cls.system.dovecot.start()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.second.stop()
        cls.redis.stop()

    def setUp(self) -> None:
        super().setUp()
        self.redis.start_empty()
        self.vsmtprelay("copy", "/etc/mail/relayers.db", self.redis.url)  # nobody is in it, and it is complete
        self.system.milter.start(f'[pop]\ndatabase = "{self.redis.url}"\n')

    def vsmtprelay(self, *words: str) -> str:
        return subprocess.run([str(self.system.programs / "vsmtprelay"), *words], check=True, capture_output=True, text=True).stdout

    def addresses(self) -> list[str]:
        return [MX4, self.second.host.v4]

    def test_a_login_on_one_host_is_known_on_both_others_at_once(self):
        sessions = [self.talk(self.system.home, address=address) for address in self.addresses()]
        longest = 0.0
        for _ in range(TIMES):
            self.vsmtprelay("-f", self.redis.url, "delete", self.system.home.v4)
            for session in sessions:
                self.assert_reply(session.say("MAIL FROM:<alice@example.org>"), 250)
            pop = pop_login(self.system.home, self.pop.v4)
            begun = time.monotonic()
            for session in sessions:
                self.assert_reply(session.say(f"RCPT TO:<{FAR}>"), 250)
            longest = max(longest, time.monotonic() - begun)
            pop.quit()
            for session in sessions:
                session.say("RSET")
        print(f"{TIMES} logins: both hosts permit within {longest * 1000:.0f} ms at most, both recipients in turn", file=sys.stderr)

    def test_who_has_not_logged_in_relays_on_neither(self):
        imap_login(self.system.home, self.pop.v4).logout()
        for address in self.addresses():
            self.assert_reply(self.try_relay(self.system.home, address=address), 250)
            self.assert_reply(self.try_relay(self.system.stranger, address=address), 550, "5.7.1")
            self.assert_reply(self.try_relay(self.system.office, address=address), 550, "5.7.1")

    def test_a_deleted_login_is_known_on_neither(self):
        pop_login(self.system.home, self.pop.v4).quit()
        self.vsmtprelay("-f", self.redis.url, "delete", "--login", "alice")
        for address in self.addresses():
            self.assert_reply(self.try_relay(self.system.home, address=address), 550, "5.7.1")

    def test_the_server_asks_nothing_for_mail_that_needs_no_login(self):
        self.assert_reply(self.try_relay(self.system.home), 550)  # connected
        calls = self.calls()
        self.assert_reply(self.try_relay(self.system.stranger, recipient="bob@example.org"), 250)
        self.assert_reply(self.try_relay(self.system.mx, address="127.0.0.1"), 250)
        self.assertEqual(self.calls() - calls, 1, "the one is our own INFO")

    def calls(self) -> int:
        facts = dict(line.split(":", 1) for line in self.redis.ask("INFO", "stats").splitlines() if ":" in line)
        return int(facts["total_commands_processed"])


if __name__ == "__main__":
    main()
