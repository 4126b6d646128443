"""What ./run shows is right, and nothing of it stays on the host: not after its end, Ctrl-C, SIGTERM, nor kill -9.

This file itself stays on the host and runs main_job.py as ./run does.
"""

import os
import re
import signal
import smtplib
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAMS = os.environ.get("MILTER_RELAY_BIN", str(REPOSITORY / "build/release/bin"))
MAIN_JOB = [sys.executable, "-B", str(REPOSITORY / "tests/e2e/main_job.py"), "--bin", PROGRAMS]
PLACES = [
    "/etc", "/etc/mail", "/etc/mail/sendmail.cf", "/etc/dovecot", "/etc/passwd", "/etc/hosts", "/etc/resolv.conf", "/etc/sasldb2",
    "/usr/lib/sasl2", "/run", "/run/netns", "/run/milter-relay", "/run/sendmail", "/dev", "/dev/log", "/var/mail", "/var/log",
    "/var/spool/mqueue", "/var/spool/mqueue-client", "/var/lib/sendmail", "/var/lib/dovecot", "/usr/sbin/policy-rc.d"]


def host_state() -> dict[str, object]:
    """All of the host that a mail system could touch. What other programs change meanwhile is not in it."""
    def output(*command: str) -> str:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def place(path: str) -> object:
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns

    links = re.findall(r"^\d+: ([^:@]+)", output("ip", "-o", "link"), re.MULTILINE)
    return {"links": links, "routes": output("ip", "route"), "host name": os.uname().nodename,
            "mounts": [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()],
            "places": {path: place(path) for path in PLACES}}


def processes_in(namespace: str) -> list[str]:
    """The processes, by number, that live in this PID namespace."""
    found = []
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{number}/ns/pid") == namespace:
                found.append(number)
        except OSError:
            pass  # it ended meanwhile
    return found


class Stay:
    """main_job.py --stay, up and ready."""

    def __init__(self) -> None:
        self.process = subprocess.Popen([*MAIN_JOB, "--stay"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        errors="replace", start_new_session=True)
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if line.rstrip().endswith("bash"):  # the last of the explanation
                break
        assert "stays up" in self.said, self.said
        self.namespace = os.readlink(f"/proc/{self.process.pid}/ns/pid_for_children")

    def port(self, served: int) -> int:
        """The loopback port that stands for the server's port."""
        return int(re.search(rf"(\d+) \(for {served}\)", self.said)[1])

    def wait_until_gone(self, test: unittest.TestCase) -> int:
        self.process.stdout.read()
        code = self.process.wait(timeout=20)
        self.process.stdout.close()
        deadline = time.monotonic() + 5
        while processes_in(self.namespace) and time.monotonic() < deadline:
            time.sleep(0.05)
        test.assertEqual(processes_in(self.namespace), [])
        return code


class Run(unittest.TestCase):
    def setUp(self) -> None:
        self.before = host_state()

    def assert_host_is_as_before(self) -> None:
        deadline = time.monotonic() + 5  # the kernel removes network devices a moment after their namespace
        while host_state() != self.before and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(host_state(), self.before)

    def test_every_line_of_the_table_is_as_it_should_be(self):
        done = subprocess.run(MAIN_JOB, capture_output=True, text=True, errors="replace", timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout[-6000:] + done.stderr)
        self.assertIn("15 of 15 as they should be.", done.stdout)
        self.assertNotIn("WRONG", done.stdout)
        self.assertNotIn("\033", done.stdout, "colour is for terminals")
        for words in ("550 5.7.1", "451 4.3.2", "AUTH PLAIN", "+OK Logged in."):
            self.assertIn(words, done.stdout)
        self.assert_host_is_as_before()

    def test_a_line_that_is_not_as_it_should_be_is_marked_and_fails(self):
        with tempfile.TemporaryDirectory() as directory:
            Path(directory, "milter-relay").symlink_to(Path(PROGRAMS, "milter-relay").resolve())
            forgetful = Path(directory, "vsmtprelay")
            forgetful.write_text("#!/bin/sh\nexit 0\n")
            forgetful.chmod(0o755)
            done = subprocess.run([*MAIN_JOB[:-1], directory], capture_output=True, text=True, errors="replace", timeout=120)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"\nWRONG bob relays after he read his mail +250 2\.1\.5 +550 5\.7\.1\n")
        self.assert_host_is_as_before()

    def test_programs_that_are_missing_are_named(self):
        done = subprocess.run([*MAIN_JOB[:-1], "/nonexistent"], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent/milter-relay is missing", done.stderr)
        self.assert_host_is_as_before()

    def test_unknown_arguments_are_a_usage_error(self):
        for command in ("run", "check"):
            done = subprocess.run([str(REPOSITORY / command), "--unknown"], capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, 64)
            self.assertIn("usage:", done.stderr)

    def test_staying_up_it_answers_on_loopback_as_to_a_stranger_until_ctrl_c(self):
        stay = Stay()
        try:
            with smtplib.SMTP("127.0.0.1", stay.port(25), timeout=20) as session:
                session.ehlo("client.example")
                session.mail("alice@example.org")
                code, text = session.rcpt("friend@remote.example")
                self.assertEqual((code, text[:5]), (550, b"5.7.1"))
        finally:
            os.killpg(stay.process.pid, signal.SIGINT)
        self.assertEqual(stay.wait_until_gone(self), 0)
        self.assert_host_is_as_before()

    def test_told_to_end_it_takes_everything_down(self):
        stay = Stay()
        stay.process.terminate()
        self.assertEqual(stay.wait_until_gone(self), 0)
        self.assert_host_is_as_before()

    def test_killed_it_takes_everything_down(self):
        stay = Stay()
        stay.process.kill()
        self.assertEqual(stay.wait_until_gone(self), -signal.SIGKILL)
        self.assert_host_is_as_before()

    def test_killed_inside_it_takes_everything_down(self):
        stay = Stay()
        first = re.search(r"--target (\d+)", stay.said)[1]
        os.kill(int(first), signal.SIGKILL)
        self.assertNotEqual(stay.wait_until_gone(self), 0)
        self.assert_host_is_as_before()


if __name__ == "__main__":
    unittest.main(verbosity=2)
