"""Limits and the brake on a real sendmail, with real AUTH; and what the daemon's commands say of them."""

import shutil
import smtplib
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from mailsystem.accounts import PASSWORD, mailbox
from mailsystem.case import MailCase, main
from mailsystem.milter import CONFIGURATION
from mailsystem.network import Host
from mailsystem.private_files import TEMPORARY
from mailsystem.system import REPOSITORY
from sendmail_cf import SENDMAIL_CF, build_cf

STATE = Path("/run/milter-relay/limits")  # In the private /run: nothing of the host is touched.
LIMIT = f"""
state = "{STATE}"
[[limit]]
name = "hourly"
per = "login"
count = "recipients"
max = 3
within = "1h"
"""
GUARD = f"""
state = "{STATE}"
[guard]
networks = 1
hold = "0"
[alert]
command = ["/bin/sh", "-c", "sleep 1000"]
"""
COUNTING_GUARD = """
[guard]
networks = 0
refusals = 2
limit_hits = 3
"""
SUBMIT_CF = Path("/etc/mail/submit.cf")
ALERT = TEMPORARY / "relay-alert"


class LimitCase(MailCase):
    def setUp(self):
        super().setUp()
        STATE.unlink(missing_ok=True)
        self.addCleanup(STATE.unlink, missing_ok=True)

    def logged_in(self, host: Host, login: str = "alice") -> smtplib.SMTP:
        session = self.library_session(host)
        session.login(login, PASSWORD)
        return session

    def replies(self, host: Host, recipients: int, login: str = "alice") -> list[str]:
        """Codes with enhanced status of so many RCPTs in one message."""
        session = self.logged_in(host, login)
        session.mail("alice@example.org")
        said = [session.rcpt(f"friend{n}@remote.example") for n in range(recipients)]
        session.quit()
        return [f"{code} {text.decode().split()[0]}" for code, text in said]

    def ask(self, *words: str) -> subprocess.CompletedProcess:
        program = str(self.system.milter._program)
        return subprocess.run([program, *words, "-c", str(CONFIGURATION)], capture_output=True, text=True, timeout=30)


class Limits(LimitCase):
    def test_a_login_over_its_limit_is_deferred_and_others_are_not(self):
        self.system.milter.start(LIMIT)
        self.assertEqual(self.replies(self.system.stranger, 5), ["250 2.1.5"] * 3 + ["452 4.5.3"] * 2)
        self.assertEqual(self.replies(self.system.stranger, 1, "bob"), ["250 2.1.5"])
        shown = self.ask("limits", "alice")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn("3/3", shown.stdout)

    def test_a_message_is_not_torn_when_some_of_its_recipients_are_over_the_limit(self):
        self.system.milter.start(LIMIT)
        session = self.logged_in(self.system.stranger)
        session.mail("alice@example.org")
        codes = [session.rcpt(f"friend{n}@remote.example")[0] for n in range(5)]
        self.assertEqual(codes, [250, 250, 250, 452, 452])
        self.assertEqual(session.data("Subject: whole\r\n\r\nhello")[0], 250)
        deadline = time.monotonic() + 20
        while not self.system.sink.messages and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(sorted(recipient for message in self.system.sink.messages for recipient in message.forward_paths),
                         [f"friend{n}@remote.example" for n in range(3)])

    def test_a_restart_forgets_nothing_and_a_reset_does(self):
        self.system.milter.start(LIMIT)
        self.assertEqual(self.replies(self.system.stranger, 3), ["250 2.1.5"] * 3)
        self.system.milter.start(LIMIT)
        self.assertEqual(self.replies(self.system.stranger, 1), ["452 4.5.3"])
        self.assertEqual(self.ask("limits", "--reset", "alice").returncode, 0)
        self.assertEqual(self.replies(self.system.stranger, 1), ["250 2.1.5"])


class Guard(LimitCase):
    def test_a_login_from_a_second_network_is_braked_at_once_everywhere_until_it_is_released(self):
        self.system.milter.start(GUARD)
        self.assertEqual(self.replies(self.system.stranger, 1), ["250 2.1.5"])
        braked, = self.replies(self.system.home, 1)
        self.assertTrue(braked.startswith("4"), braked)
        braked, = self.replies(self.system.stranger, 1)
        self.assertTrue(braked.startswith("4"), braked)
        self.assertEqual(self.ask("release", "alice").returncode, 0)
        self.assertEqual(self.replies(self.system.stranger, 1), ["250 2.1.5"])


    def test_a_login_that_is_refused_or_stopped_again_and_again_is_braked(self):
        self.system.milter.start(LIMIT + COUNTING_GUARD)
        self.assertEqual(self.replies(self.system.stranger, 8), ["250 2.1.5"] * 3 + ["452 4.5.3"] * 4 + ["451 4.7.1"])
        self.assertIn("more than 3 limit hits within 3600 s", self.ask("limits", "alice").stdout)
        self.system.milter.start(LIMIT + COUNTING_GUARD + '[sender]\nmode = "self"\n')
        session = self.logged_in(self.system.stranger, "bob")
        session.mail("alice@example.org")
        self.assertEqual([session.rcpt("friend@remote.example")[0] for _ in range(3)], [553] * 3)
        session.rset()
        session.mail("bob@example.org")
        code, text = session.rcpt("friend@remote.example")
        self.assertEqual((code, text[:5]), (451, b"4.7.1"))


class RelayAlert(LimitCase):
    """The example script, with the rights that milter-relay.service leaves it."""

    def setUp(self):
        super().setUp()
        shutil.copy(build_cf(SENDMAIL_CF / "debian/submit.mc", TEMPORARY), SUBMIT_CF)
        shutil.copy(REPOSITORY / "packaging/relay-alert", ALERT)
        ALERT.chmod(0o755)
        # NoNewPrivileges=yes; of what the service may write, /tmp is elsewhere here.
        self.system.milter.start(LIMIT + f"""
[alert]
command = ["/usr/bin/env", "TMPDIR={TEMPORARY}", "/usr/bin/setpriv", "--no-new-privs", "{ALERT}"]
""")

    def test_the_postmaster_gets_the_alert_by_mail(self):
        self.replies(self.system.stranger, 4)
        deadline = time.monotonic() + 20
        while "Subject: milter-relay alert" not in mailbox("alice") and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertIn('"login":"alice"', mailbox("alice"))
        self.assertIn('"kind":"limit:hourly"', mailbox("alice"))
        self.assertIn("To: postmaster", mailbox("alice"))
        self.assertEqual(list(TEMPORARY.glob("tmp.*")), [])


if __name__ == "__main__":
    main()
