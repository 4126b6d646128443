"""`cmake --install` puts everything where GNUInstallDirs and sendmail look for it, and nothing elsewhere."""
import os
import pathlib
import shutil
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
    "share/milter-relay/relay-alert",
    "share/milter-relay/dovecot/95-milter-relay.conf",
} | {f"share/milter-relay/login-formats/{server}.toml" for server in (
    "courier", "cyrus", "dovecot", "mailutils", "perdition", "popa3d", "qpopper", "teapop", "uw-imap", "vm-pop3d")}
SYSTEMD = {f"lib/systemd/system/{unit}" for unit in (
    "milter-relay.service", "milter-relay.socket", "vsmtprelay-expire.service", "vsmtprelay-expire.timer",
    "vsmtprelay-follow.service", "vsmtprelay-queue.service", "vsmtprelay-queue.timer")} | {"share/milter-relay/milter-relay.toml", "lib/sysusers.d/milter-relay.conf", "lib/tmpfiles.d/milter-relay.conf"}
FREEBSD = {"usr/local/etc/rc.d/milter_relay", "usr/local/etc/periodic/daily/500.vsmtprelay",
           "usr/local/etc/mail/milter-relay.toml.sample"}
TOP = pathlib.Path(__file__).resolve().parents[2]


class Install(unittest.TestCase):
    def test_a_staged_installation_is_complete_and_runs(self):
        with tempfile.TemporaryDirectory() as stage:
            subprocess.run(["cmake", "--install", BUILD, "--prefix", stage], check=True, capture_output=True)
            found = {str(p.relative_to(stage)) for p in pathlib.Path(stage).rglob("*") if p.is_file()}
            self.assertEqual(found, EXPECTED | SYSTEMD)
            for program in ("sbin/milter-relay", "bin/vsmtprelay"):
                version = subprocess.run([f"{stage}/{program}", "--version"], capture_output=True, text=True, check=True)
                self.assertRegex(version.stdout, r"^\S+ \d+\.\d+\.\d+\n$")

    def test_on_freebsd_everything_goes_into_its_folders_by_the_preset_alone(self):
        with tempfile.TemporaryDirectory() as scratch:
            build, stage = pathlib.Path(scratch, "build"), pathlib.Path(scratch, "stage")
            subprocess.run(["cmake", "--preset", "freebsd", "-B", build], check=True, capture_output=True, cwd=TOP)
            subprocess.run(["cmake", "--build", build, "--target", "man_pages"], check=True, capture_output=True)
            self.assertIn('MILTER_RELAY_MAIL_DIR "/usr/local/etc/mail"', (build / "paths.h").read_text())
            (build / "bin").mkdir(exist_ok=True)
            for program in ("milter-relay", "vsmtprelay"):  # built here for other folders; where they are put is what is tried
                shutil.copy(BUILD / "bin" / program, build / "bin")
            subprocess.run(["cmake", "--install", build], check=True, capture_output=True, env={**os.environ, "DESTDIR": str(stage)})
            found = {str(p.relative_to(stage)) for p in stage.rglob("*") if p.is_file()}
            ours = {"usr/" + name if name.startswith("share/sendmail/") else "usr/local/" + name for name in EXPECTED}
            self.assertEqual(found, ours | FREEBSD)
            for script in ("rc.d/milter_relay", "periodic/daily/500.vsmtprelay"):
                subprocess.run(["sh", "-n", stage / "usr/local/etc" / script], check=True)
                self.assertNotIn("@", (stage / "usr/local/etc" / script).read_text().replace("$@", ""))
            sample = stage / "usr/local/etc/mail/milter-relay.toml.sample"
            taken = subprocess.run([BUILD / "bin/milter-relay", "check-config", "-c", sample], capture_output=True, text=True, check=True).stdout
            self.assertNotIn('"/etc/', taken)
            self.assertNotIn('"local:/run/', taken)

    def test_no_program_has_sendmails_folder_written_into_it_but_by_the_build(self):
        """Besides the defaults in settings.h, which the configuration for other systems replaces."""
        sources = [p for room in ("milter", "policy", "vsmtprelay") for p in (TOP / room).rglob("*.[ch]*") if p.name != "settings.h"]
        written = [str(p) for p in sources for line in p.read_text().splitlines() if '"/etc/mail' in line]
        self.assertEqual(written, ["%s" % (TOP / "milter/wiring/cf_build.cpp")])  # one of the usual places of sendmail's own m4 files


if __name__ == "__main__":
    unittest.main()
