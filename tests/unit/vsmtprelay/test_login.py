"""vsmtprelay login as Dovecot's script-login runs it: whatever becomes of the recording, the user gets his mail."""

import fcntl
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.path.join(os.environ["MILTER_RELAY_BIN"], "vsmtprelay")


class Login(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.dir = pathlib.Path(scratch.name)
        self.db = self.dir / "relayers.db"
        self.keep = {name: os.environ[name] for name in os.environ if name.startswith(("ASAN", "UBSAN", "TSAN", "LD_"))}

    def entries(self):
        done = subprocess.run([PROGRAM, "-f", str(self.db), "dump"], capture_output=True, text=True, check=False)
        return {line.split()[0] for line in done.stdout.splitlines() if not line.startswith("#")}

    def login(self, *words, config=None, **environment):
        options = ["-f", str(self.db), *(["-c", str(config)] if config else [])]
        return subprocess.run([PROGRAM, *options, "login", "--", *words], capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin", **self.keep, **environment})

    def test_the_login_is_recorded_before_the_next_program_runs(self):
        done = self.login("/bin/sh", "-c", f"{PROGRAM} -f {self.db} dump; echo $USER $0 $@", "a", "--", "-b", IP="198.51.100.7", LOCAL_IP="192.0.2.1", USER="alice")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"198\.51\.100\.7 \d+ alice\nalice a -- -b\n$")

    def test_no_fault_of_the_recording_keeps_the_user_from_his_mail(self):
        for ip in ("", "x", "127.0.0.1", "::1", "198.51.100.7"):
            with self.subTest(ip):
                self.db.unlink(missing_ok=True)
                if ip == "198.51.100.7":
                    self.db.mkdir()
                done = self.login("/bin/echo", "mail", IP=ip)
                self.assertEqual((done.returncode, done.stdout), (0, "mail\n"), done)

    def test_the_servers_own_addresses_and_those_of_pop_never_are_not_recorded(self):
        own = subprocess.run(["ip", "-json", "address"], capture_output=True, text=True, check=True).stdout
        own = [each["local"] for device in json.loads(own) for each in device["addr_info"]]
        self.assertIn("127.0.0.1", own)
        for ip in [*own, "127.9.9.9"]:
            self.assertEqual(self.login("/bin/echo", "mail", IP=ip).stdout, "mail\n")
        self.login("/bin/true", IP="198.51.100.9", LOCAL_IP="198.51.100.9")
        self.assertEqual(self.entries(), set())
        config = self.dir / "milter-relay.toml"
        config.write_text('[pop]\nnever = ["198.51.100.0/24"]\n')
        for ip in ("198.51.100.7", "127.9.9.9"):
            self.login("/bin/true", IP=ip, config=config)
        self.assertEqual(self.entries(), {"127.9.9.9"})
        config.write_text("[pop]\nnever = 5\n")
        self.assertEqual(self.login("/bin/echo", "mail", IP="198.51.100.7", config=config).stdout, "mail\n")
        self.assertEqual(self.entries(), {"127.9.9.9", "198.51.100.7"})

    def test_whatever_the_environment_says_the_user_gets_his_mail_and_the_database_one_entry(self):
        names = ("a\nb 10.0.0.1 5", "x" * 100_000, "j\u00f6rg", "\udcff\udc80", "-", "", "%s%n", "5 alice")
        for number, name in enumerate(names):
            done = self.login("/bin/echo", "mail", IP=f"198.51.100.{number}", LOCAL_IP="x" * 1000, USER=name)
            self.assertEqual((done.returncode, done.stdout), (0, "mail\n"), done)
        self.assertEqual(self.entries(), {f"198.51.100.{number}" for number in range(len(names))})
        for ip in ("198.51.100.7\n10.0.0.1", "198.51.100.7 5", "x" * 100_000, "1" * 5000, "::ffff:", "198.51.100.256"):
            self.assertEqual(self.login("/bin/echo", "mail", IP=ip, USER="alice").stdout, "mail\n")
        self.assertEqual(len(self.entries()), len(names))

    def test_a_next_program_that_is_missing_is_said_by_the_exit_code(self):
        self.assertEqual(self.login("/nonexistent", IP="198.51.100.7").returncode, 69)
        self.assertEqual(self.login(IP="198.51.100.7").returncode, 64)

    def test_a_login_that_is_killed_at_any_moment_harms_nothing(self):
        self.login("/bin/true", IP="198.51.100.7")
        for number in range(60):
            process = subprocess.Popen([PROGRAM, "-f", str(self.db), "login", "--", "/bin/true"], start_new_session=True, stderr=subprocess.DEVNULL,
                                       env={"PATH": "/usr/bin:/bin", **self.keep, "IP": f"10.0.0.{number}", "USER": "alice"})
            time.sleep(number / 4000)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        verified = subprocess.run([PROGRAM, "-f", str(self.db), "verify"], capture_output=True, text=True, check=False)
        self.assertEqual(verified.returncode, 0, verified)
        self.assertIn("198.51.100.7", self.entries())
        self.login("/bin/true", IP="198.51.100.8")
        self.assertIn("198.51.100.8", self.entries())

    def test_a_locked_database_holds_a_login_up_for_a_bounded_time(self):
        self.login("/bin/true", IP="198.51.100.7")
        with open(self.db, "rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            begin = time.monotonic()
            done = self.login("/bin/echo", "mail", IP="198.51.100.8")
            self.assertLess(time.monotonic() - begin, 3.5)
        self.assertEqual((done.returncode, done.stdout), (0, "mail\n"))
        self.assertEqual(self.entries(), {"198.51.100.7"})


if __name__ == "__main__":
    unittest.main()
