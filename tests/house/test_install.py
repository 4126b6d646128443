"""`cmake --install` puts everything where GNUInstallDirs and sendmail look for it, and nothing elsewhere."""
import os
import pathlib
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["MILTER_RELAY_BIN"]).parent
EXPECTED = {
    "sbin/milter-relay",
    "bin/vsmtprelay",
    "share/man/man8/milter-relay.8.gz",
    "share/man/man8/vsmtprelay.8.gz",
    "share/man/man5/milter-relay.toml.5.gz",
    "share/sendmail/cf/feature/milter_relay.m4",
    "share/sendmail/cf/cf/default.mc",
    "share/sendmail/cf/cf/default-auth-only.mc",
    "share/sendmail/cf/cf/default-procmail-lda.mc",
    "share/sendmail/cf/cf/default-procmail-lda-auth-only.mc",
    "share/bash-completion/completions/milter-relay",
    "share/bash-completion/completions/vsmtprelay",
    "share/milter-relay/milter-relay.toml",
    "share/milter-relay/relay-alert",
    "share/milter-relay/dovecot/95-milter-relay.conf",
} | {f"share/milter-relay/login-formats/{server}.toml" for server in (
    "courier", "cyrus", "dovecot", "mailutils", "perdition", "popa3d", "qpopper", "teapop", "uw-imap", "vm-pop3d")}
SYSTEMD = {f"lib/systemd/system/{unit}" for unit in (
    "milter-relay.service", "milter-relay.socket", "vsmtprelay-expire.service", "vsmtprelay-expire.timer",
    "vsmtprelay-follow.service")} | {"lib/sysusers.d/milter-relay.conf", "lib/tmpfiles.d/milter-relay.conf"}


class Install(unittest.TestCase):
    def test_a_staged_installation_is_complete_and_runs(self):
        with tempfile.TemporaryDirectory() as stage:
            subprocess.run(["cmake", "--install", BUILD, "--prefix", stage], check=True, capture_output=True)
            found = {str(p.relative_to(stage)) for p in pathlib.Path(stage).rglob("*") if p.is_file()}
            self.assertEqual(found, EXPECTED | SYSTEMD)
            for program in ("sbin/milter-relay", "bin/vsmtprelay"):
                version = subprocess.run([f"{stage}/{program}", "--version"], capture_output=True, text=True, check=True)
                self.assertRegex(version.stdout, r"^\S+ \d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    unittest.main()
