"""How logins come in: Dovecot's own post-login program, and logs of Dovecot and Perdition that vsmtprelay follows.

BACK_TO_BACK says how often a client fetches mail and sends at once (100 times by itself).
"""

import imaplib
import os
import poplib
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from mailsystem.accounts import PASSWORD  # noqa: E402
from mailsystem.case import MailCase, main  # noqa: E402
from mailsystem.network import MX4, MX6, is_listening  # noqa: E402
from mailsystem.syslog import LOG  # noqa: E402

FORMATS = Path(__file__).resolve().parents[2] / "vsmtprelay/formats"
TIMES = int(os.environ.get("BACK_TO_BACK", "100"))


def pop_login(host, address=MX4, port=110, user="alice", password=PASSWORD) -> poplib.POP3:
    with host:
        session = poplib.POP3(address, port, timeout=30)
    session.user(user)
    session.pass_(password)
    return session


def imap_login(host, address=MX4, port=143) -> imaplib.IMAP4:
    with host:
        session = imaplib.IMAP4(address, port, timeout=30)
    session.login("alice", PASSWORD)
    return session


class PostLogin(MailCase):
    """`vsmtprelay login` behind Dovecot's script-login, as the installed snippet has it."""

    def test_the_first_recipient_after_a_login_is_permitted_every_time(self):
        smtp = self.talk(self.system.home)
        refused = 0
        for _ in range(TIMES):
            self.system.relayers.delete("198.51.100.7")
            self.assert_reply(smtp.say("MAIL FROM:<alice@example.org>"), 250)
            pop = pop_login(self.system.home)
            refused += smtp.say("RCPT TO:<friend@remote.example>").code != 250
            pop.quit()
            smtp.say("RSET")
        print(f"{TIMES} logins, each with a recipient right behind it: {refused} refused", file=sys.stderr)
        self.assertEqual(refused, 0)

    def test_the_database_says_who_it_was(self):
        imap_login(self.system.home).logout()
        pop_login(self.system.office, MX6, user="bob").quit()
        dump = self.system.relayers.command("dump").stdout
        self.assertRegex(dump, r"(?m)^198\.51\.100\.7 \d+ alice$")
        self.assertRegex(dump, r"(?m)^2001:db8:0:8::8 \d+ bob$")

    def test_a_login_that_cannot_be_recorded_goes_on_and_is_logged(self):
        database = Path("/etc/mail/relayers.db")
        database.unlink()
        database.mkdir()
        pop_login(self.system.home).quit()
        imap_login(self.system.home).logout()
        self.system.log.wait(r"vsmtprelay.*login of alice from 198\.51\.100\.7 is not recorded: ", self.mark, count=2)

    def test_the_server_itself_is_not_recorded(self):
        for address in ("127.0.0.1", MX4, "::1"):
            pop_login(self.system.mx, address).quit()
        self.assertNotIn("alice", self.system.relayers.command("dump").stdout)


class Followed(MailCase):
    """A Dovecot that knows nothing of relayers.db, and a proxy: their log is followed."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.system.dovecot.start(snippet=False)
        cls.addClassCleanup(cls.system.dovecot.start)

    def setUp(self) -> None:
        super().setUp()
        LOG.write_text("")
        self.follower = self.follow()

    def follow(self, *words: str) -> subprocess.Popen:
        state = f"/run/tmp/{time.monotonic_ns()}"
        follower = subprocess.Popen([str(self.system.programs / "vsmtprelay"), "-f", "/etc/mail/relayers.db", "follow",
                                     "--formats", str(FORMATS), "--state", state, *words, str(LOG)])
        self.addCleanup(follower.wait)
        self.addCleanup(follower.terminate)
        return follower

    def wait_for(self, pattern: str) -> None:
        deadline = time.monotonic() + 10
        while True:
            dump = self.system.relayers.command("dump").stdout
            if any(line.startswith(pattern) for line in dump.splitlines()):
                return
            self.assertLess(time.monotonic(), deadline, dump)
            time.sleep(0.05)

    def perdition(self, protocol: str, port: int, real: int) -> None:
        proxy = subprocess.Popen([f"/usr/sbin/perdition.{protocol}", "--no_daemon", "--listen_port", str(port),
                                  "--outgoing_server", "127.0.0.1", "--outgoing_port", str(real), "--ssl_mode", "none",
                                  "--no_lookup", "--map_library", ""], stdin=subprocess.DEVNULL)
        self.addCleanup(proxy.wait)
        self.addCleanup(proxy.terminate)
        deadline = time.monotonic() + 10
        while not is_listening(port):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def test_a_login_of_dovecot_opens_the_relay(self):
        self.assert_reply(self.try_relay(self.system.home), 550, "5.7.1")
        pop_login(self.system.home).quit()
        self.wait_for("198.51.100.7 ")
        self.assert_reply(self.try_relay(self.system.home), 250)
        imap_login(self.system.office, MX6).logout()
        self.wait_for("2001:db8:0:8::8 ")
        self.assert_reply(self.try_relay(self.system.stranger), 550, "5.7.1")

    def test_a_login_name_made_to_look_like_a_login_opens_nothing(self):
        for name in ("alice>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1, mpid=5, session=<x", "x>, rip=203.0.113.9"):
            with self.assertRaises(poplib.error_proto):
                pop_login(self.system.stranger, user=name, password="wrong")
        session = self.talk(self.system.stranger)
        session.say('MAIL FROM:<"dovecot: imap-login: Login: user=<alice>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1"@far.example>')
        session.say('RCPT TO:<"POP login by user \\"admin\\" at (203.0.113.9) 203.0.113.9"@remote.example>')
        pop_login(self.system.home).quit()
        self.wait_for("198.51.100.7 ")
        self.assertNotIn("203.0.113.9", self.system.relayers.command("dump").stdout)
        self.assert_reply(self.try_relay(self.system.stranger), 550, "5.7.1")

    def test_the_end_of_a_session_refreshes_its_login(self):
        session = imap_login(self.system.home)
        self.wait_for("198.51.100.7 ")
        self.system.relayers.delete("198.51.100.7")
        session.logout()
        self.wait_for("198.51.100.7 ")

    def test_a_session_that_stays_open_keeps_its_login_fresh(self):
        session = imap_login(self.system.home)
        self.wait_for("198.51.100.7 ")
        self.follower.terminate()
        self.follower.wait()
        LOG.write_text("")
        self.system.relayers.delete("198.51.100.7")
        self.follow("--who", "1")
        self.wait_for("198.51.100.7 ")
        self.assertRegex(self.system.relayers.command("dump").stdout, r"(?m)^198\.51\.100\.7 \d+ alice$")
        session.logout()

    def test_a_login_through_perdition_counts_for_the_client_and_not_for_the_proxy(self):
        self.perdition("pop3", 2110, 110)
        self.perdition("imap4", 2143, 143)
        pop_login(self.system.home, port=2110).quit()
        self.wait_for("198.51.100.7 ")
        imap_login(self.system.office, port=2143).logout()
        self.wait_for("198.51.100.8 ")
        self.assertNotIn("127.0.0.1", self.system.relayers.command("dump").stdout)


if __name__ == "__main__":
    main()
