"""`milter-relay doctor`: Cyrus SASL as sendmail uses it, broken in each way that it knows; and --auth."""

import json
import os
import pty
import re
import shutil
import subprocess
import time
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from doctor_case import SASL, SASLDB, DoctorCase
from mailsystem.accounts import PASSWORD, SASL_CONFIGURATION
from mailsystem.case import main


class Sasl(DoctorCase):
    def login(self, login, password, **options):
        return self.findings("--auth", login, input=password + "\n", **options)

    def test_a_right_password_is_let_in_and_a_wrong_one_not(self):
        self.assertEqual(self.login("alice", PASSWORD), [])
        wrong, = self.login("alice", "wrong-" + PASSWORD)
        self.assertRegex(wrong["seen"], r"login alice \(realm .*\) is not let in")
        self.assertIn("password is wrong", wrong["why"])
        unknown, = self.login("nobody-knows", PASSWORD)
        self.assertIn("no such login", unknown["why"])
        for row in (wrong, unknown):
            self.assertNotIn(PASSWORD, json.dumps(row))
        self.assertNotIn(PASSWORD, self.system.log.tail())

    def test_without_a_password_nothing_is_checked(self):
        self.assertEqual(self.doctor("--auth", "alice").returncode, 64)

    def test_the_terminal_does_not_show_the_password(self):
        child, terminal = pty.fork()
        if child == 0:
            os.execv(self.command()[0], self.command("--auth", "alice"))
        shown = b""
        while b"Password of alice: " not in shown:
            shown += os.read(terminal, 4096)
        os.write(terminal, PASSWORD.encode() + b"\n")
        try:
            while chunk := os.read(terminal, 4096):
                shown += chunk
        except OSError:  # the terminal's other side is closed
            pass
        self.assertEqual(os.waitpid(child, 0)[1], 0, shown.decode())
        self.assertIn(b"login alice is let in", shown)
        self.assertNotIn(PASSWORD.encode(), shown)
        self.assertIn(b"\x1b[32mok", shown)

    def test_saslauthd_is_asked_as_sendmail_asks_it(self):
        SASL.write_text("pwcheck_method: saslauthd\nmech_list: PLAIN LOGIN\n")
        self.assert_found(("error", "saslauthd, and at /var/run/saslauthd/mux: No such file", "systemctl enable"))
        Path("/run/saslauthd").mkdir()
        self.addCleanup(shutil.rmtree, "/run/saslauthd")
        daemon = subprocess.Popen(["saslauthd", "-d", "-a", "sasldb", "-m", "/run/saslauthd"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        self.addCleanup(daemon.wait)
        self.addCleanup(os.killpg, daemon.pid, 15)
        while not Path("/run/saslauthd/mux").exists():
            time.sleep(0.02)
        time.sleep(0.2)
        self.assertEqual(self.findings(), [])
        self.assertEqual(len(self.login("alice", "wrong")), 1)
        SASL.write_text("pwcheck_method: saslauthd\n")
        self.assert_found(("warning", "CRAM-MD5 DIGEST-MD5 is offered, and pwcheck_method is saslauthd",
                           "mech_list: PLAIN LOGIN"))

    def test_a_configuration_that_lets_nobody_or_everybody_in_is_named(self):
        SASL.write_text("pwcheck_method: saslautd\n")
        self.assertIn("saslautd is unknown", self.findings()[0]["seen"])
        SASL.write_text("pwcheck_method: alwaystrue\n")
        self.assertIn("everyone may relay", self.findings()[0]["why"])
        SASL.write_text(SASL_CONFIGURATION.replace("PLAIN LOGIN CRAM-MD5 DIGEST-MD5", "GSSAPI"))
        self.assert_found(("error", "libsasl2 has no mechanism", "mech_list"))
        SASL.write_text(SASL_CONFIGURATION.replace("PLAIN LOGIN CRAM-MD5 DIGEST-MD5", "DIGEST-MD5"))
        self.assert_found(("error", "none of those that sendmail offers: PLAIN LOGIN", "clients see no AUTH"),
                          words=self.built_cf(("define(`confAUTH_MECHANISMS', `PLAIN LOGIN CRAM-MD5 DIGEST-MD5')",
                                               "define(`confAUTH_MECHANISMS', `PLAIN LOGIN')")))
        SASL.unlink()
        self.assertRegex(self.findings()[0]["seen"], "finds no Sendmail.conf; it looks for .*/usr/lib/sasl2/Send")

    def test_files_that_sendmail_would_pass_over_are_named(self):
        SASL.chmod(0o666)
        self.addCleanup(SASL.chmod, 0o644)
        SASLDB.chmod(0o644)
        self.assert_found(("error", "Sendmail.conf has mode 0666", "chmod go-w"),
                          ("error", "sasldb2 has mode 0644", "chmod o-rw"))
        SASL.chmod(0o644)
        away = SASLDB.with_suffix(".away")
        SASLDB.rename(away)
        self.addCleanup(away.rename, SASLDB)
        self.assert_found(("error", "sasldb2: No such file", "saslpasswd2"))

    def test_passwords_that_the_group_can_read_are_a_warning(self):
        SASLDB.chmod(0o640)
        self.assert_found(("warning", "sasldb2 has mode 0640", "no password is right.*(.|\n)*GroupReadableSASLDBFile"))
        self.assertEqual(self.findings(*self.edited_cf(("O AuthOptions=", "O DontBlameSendmail=GroupReadableSASLDBFile\nO AuthOptions="))), [])

    def test_a_login_is_told_that_nobody_checks_passwords(self):
        SASL.write_text("pwcheck_method: saslauthd\nmech_list: PLAIN LOGIN\n")
        away, login = self.login("alice", PASSWORD)
        self.assertIn("saslauthd", away["seen"])
        self.assertRegex(login["seen"] + login["why"], "alice .* is not let in.*does not answer")
        SASL.write_text("pwcheck_method: saslautd\nmech_list: PLAIN LOGIN\n")
        unknown, login = self.login("alice", PASSWORD)
        self.assertIn("saslautd is unknown", unknown["seen"])
        self.assertRegex(login["seen"], "is not let in")
        self.assertIn("pwcheck_method names none that can check it", login["why"])

    def test_a_configuration_that_libsasl2_does_not_take_is_an_error(self):
        SASL.write_text("pwcheck_method saslauthd without a colon\n")
        found = self.findings()
        self.assertEqual((found[0]["level"], found[0]["why"]), ("error", "nobody can log in by SMTP AUTH"), found)
        self.assertIn("Sendmail.conf", found[0]["type"])

    def test_mechanisms_of_our_policy_that_nobody_can_use_are_named(self):
        other = Path("/run/tmp/mechanisms.toml")
        other.write_text('[auth]\nmechanisms = ["PLAIN", "SCRAM-SHA-256"]\n')
        found = self.findings("-c", str(other))
        self.assertTrue(any(re.search("does not count: LOGIN CRAM-MD5", row["seen"]) for row in found), found)
        self.assertTrue(any("names what no client can use: SCRAM-SHA-256" in row["seen"] for row in found), found)


if __name__ == "__main__":
    main()
