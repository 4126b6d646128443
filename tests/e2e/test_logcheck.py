"""The package's logcheck rules on what the milter really logs: every-day lines are not reported, faults are."""

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from mailsystem.accounts import PASSWORD
from mailsystem.case import MailCase, main
from mailsystem.relayers import DATABASE
from mailsystem.verdicts import OURS

RULES = Path(__file__).resolve().parents[2] / "packaging/debian/logcheck"


class Logcheck(MailCase):
    def reported(self) -> list[str]:
        """The milter's lines of this test that logcheck would mail, which calls grep in this way."""
        # syslogd puts its own name between the time and the tag; as rsyslog writes it by default, and in its older form.
        lines = self.system.log.matching(OURS, self.mark)
        text = "".join(stamp + line[15:] + "\n" for line in lines for stamp in (line[:15] + " mx", "2026-01-31T12:00:00.123456+01:00 mx"))
        self.assertTrue(lines)
        found = subprocess.run(["grep", "-E", "-v", "-f", RULES], input=text, capture_output=True, text=True, check=False)
        self.assertIn(found.returncode, (0, 1), found.stderr)
        return found.stdout.splitlines()

    def test_permits_refusals_starts_and_reloads_are_not_reported(self):
        self.system.milter.start()
        self.system.relayers.add("198.51.100.7")
        self.assert_reply(self.try_relay(self.system.home), 250)
        self.assert_reply(self.try_relay(self.system.stranger), 550)
        self.assert_reply(self.try_relay(self.system.stranger, recipient='"odd\\" <name>"@remote.example'), 550)
        session = self.library_session(self.system.stranger)
        session.login("alice", PASSWORD)
        session.sendmail("alice@example.org", ["friend@remote.example"], "Subject: test\r\n\r\nhello\r\n")
        self.system.milter.reload("")
        self.system.log.wait(OURS + ".*read; new connections go by it", self.mark)
        self.assertGreaterEqual(len(self.system.log.matching(OURS + r".*verdict=permit", self.mark)), 2)
        self.assertEqual(self.reported(), [])
        self.system.milter.start()
        self.assertEqual(self.reported(), [])

    def test_faults_deferrals_and_a_configuration_that_is_not_taken_are_reported(self):
        DATABASE.write_bytes(b"rubbish")
        self.addCleanup(self.system.relayers.clear)
        self.assert_reply(self.try_relay(self.system.home), 451)
        self.system.milter.reload("nonsense = 1\n")
        self.system.log.wait(OURS + ".*not taken", self.mark)
        reported = "\n".join(self.reported())
        for part in ("verdict=defer", r"relayers\.db.*deferring mail", "nonsense", "not taken"):
            self.assertRegex(reported, re.compile(part))


if __name__ == "__main__":
    main()
