"""What the tests of `milter-relay doctor` share: a mail system that works, and the findings where it is broken."""

import json
import subprocess
from pathlib import Path

from mailsystem.accounts import SASL_CONFIGURATION
from mailsystem.case import MailCase
from mailsystem.sendmail import CF
from sendmail_cf import build_cf

SASL = Path("/usr/lib/sasl2/Sendmail.conf")
SASLDB = Path("/etc/sasldb2")
DEFAULT_MC = Path(__file__).resolve().parents[2] / "m4/cf/default.mc"
FEATURE = "FEATURE(`milter_relay', `', `auth+pop')dnl\n"
PLAIN_WIRING = "INPUT_MAIL_FILTER(`milter-relay', `S=local:/run/milter-relay/milter-relay.sock, F=T')dnl\n"


class DoctorCase(MailCase):
    def setUp(self):
        super().setUp()
        self.system.relayers.add("198.51.100.7")
        SASL.write_text(SASL_CONFIGURATION)
        SASLDB.chmod(0o600)

    def command(self, *words):
        return [str(self.system.programs / "milter-relay"), "doctor", *words]

    def doctor(self, *words, **options):
        return subprocess.run(self.command(*words), capture_output=True, text=True, timeout=60, check=False,
                              **{"stdin": None if "input" in options else subprocess.DEVNULL, **options})

    def findings(self, *words, **options):
        done = self.doctor("--json", *words, **options)
        self.assertIn(done.returncode, (0, 1, 2), done.stderr)
        found = json.loads(done.stdout)
        worst = 2 if found["errors"] else 1 if found["warnings"] else 0
        self.assertEqual(done.returncode, worst)
        return [row for row in found["findings"] if row["level"] != "ok"]

    def assert_found(self, *wanted, words=(), **options):
        """Exactly these: a level, a pattern of what was seen, and one of why or what to type."""
        found = self.findings(*words, **options)
        shown = json.dumps(found, indent=1)
        self.assertEqual(len(found), len(wanted), shown)
        for row, (level, seen, more) in zip(found, wanted):
            self.assertEqual(row["level"], level, shown)
            self.assertRegex(row["seen"], seen)
            self.assertRegex(row["why"] + "\n" + row["type"], more)
            self.assertTrue(row["why"] and row["type"], shown)

    def edited_cf(self, *edits):
        """--sendmail-cf with the running file, changed as by hand."""
        text = CF.read_text()
        for old, new in edits:
            self.assertIn(old, text)
            text = text.replace(old, new)
        path = Path("/run/tmp/edited.cf")
        path.write_text(text)
        return ("--sendmail-cf", str(path))

    def built_cf(self, *edits, expected=()):
        """--sendmail-cf with the file that m4 makes of a changed default.mc."""
        text = DEFAULT_MC.read_text()
        for old, new in edits:
            self.assertIn(old, text)
            text = text.replace(old, new)
        directory = Path("/run/tmp/doctor-cf")
        directory.mkdir(exist_ok=True)
        source = directory / "broken.mc"
        source.write_text(text)
        return ("--sendmail-cf", str(build_cf(source, directory, expected)))
