"""vsmtprelay follow as a service meets it: processes, signals, real log files, a real journal file.

FOLLOW_LINES says how many lines the burst has (100,000 by itself).
"""

import datetime
import fcntl
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.path.join(os.environ["MILTER_RELAY_BIN"], "vsmtprelay")
FORMATS = pathlib.Path(__file__).resolve().parents[3] / "vsmtprelay/formats"
REMOTE = "/lib/systemd/systemd-journal-remote"
BURST = int(os.environ.get("FOLLOW_LINES", "100000"))


def stamp(age=0):
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%M:%SZ")


def login(client, age=0, user="alice"):
    return f"{stamp(age)} mx dovecot: imap-login: Login: user=<{user}>, method=PLAIN, rip={client}, lip=192.0.2.1, mpid=5\n"


class Case(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.dir = pathlib.Path(scratch.name)
        self.db, self.log, self.state = self.dir / "relayers.db", self.dir / "mail.log", self.dir / "state.json"
        self.keep = {name: os.environ[name] for name in os.environ if name.startswith(("ASAN", "UBSAN", "TSAN", "LD_"))}
        self.process = None

    def command(self, *words):
        return [PROGRAM, "-f", str(self.db), "follow", "--formats", str(FORMATS), "--state", str(self.state), "--log", "stderr", *map(str, words)]

    def start(self, *words):
        self.errors = open(self.dir / "stderr", "a+", encoding="utf-8")
        self.addCleanup(self.errors.close)
        self.process = subprocess.Popen(self.command(*words), stderr=self.errors, stdin=subprocess.DEVNULL)
        self.addCleanup(self.kill)

    def kill(self, number=signal.SIGKILL):
        """Ends it; the seconds that took, and its exit code."""
        begin = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(20)
        return time.monotonic() - begin, code

    def said(self):
        return (self.dir / "stderr").read_text()

    def append(self, text):
        with open(self.log, "a", encoding="utf-8") as stream:
            stream.write(text)

    def entries(self):
        done = subprocess.run([PROGRAM, "-f", str(self.db), "dump"], capture_output=True, text=True, check=False)
        return {line.split()[0]: int(line.split()[1]) for line in done.stdout.splitlines() if not line.startswith("#")}

    def wait_for(self, *clients, timeout=15):
        deadline = time.monotonic() + timeout
        while not set(clients) <= set(found := self.entries()):
            self.assertLess(time.monotonic(), deadline, f"missing: {sorted(set(clients) - set(found))[:20]}; {self.said()}")
            time.sleep(0.02)
        return found


class Files(Case):
    def test_a_login_is_recorded_soon_and_with_its_own_time(self):
        self.start(self.log)
        time.sleep(0.3)
        self.append(login("198.51.100.7", age=600))
        begin = time.monotonic()
        at = self.wait_for("198.51.100.7")["198.51.100.7"]
        self.assertLess(time.monotonic() - begin, 2)
        self.assertTrue(598 <= time.time() - at <= 620)
        seconds, code = self.kill(signal.SIGTERM)
        print(f"\nSIGTERM: ended after {seconds * 1000:.0f} ms")
        self.assertEqual(code, 0)
        self.assertLess(seconds, 1.0)

    def test_nothing_is_lost_over_rotation_and_restarts(self):
        clients = [f"198.51.{n // 200}.{n % 200 + 1}" for n in range(400)]
        self.start(self.log)
        for n, client in enumerate(clients):
            self.append(login(client))
            if n % 100 == 50:
                self.log.rename(self.dir / f"mail.log.{n}")
            if n % 100 == 75 and self.log.exists():
                shutil.copy(self.log, self.dir / f"mail.log-{n}")
                os.truncate(self.log, 0)
            if n % 100 == 90:
                self.kill()
                self.start(self.log)
            time.sleep(0.002)
        self.wait_for(*clients)
        self.kill(signal.SIGTERM)
        self.assertNotIn("missing", self.said())

    def test_an_older_line_overwrites_no_newer_login(self):
        self.append(login("198.51.100.7", age=10) + login("198.51.100.7", age=5000))
        subprocess.run(self.command("--once", self.log), check=True)
        self.assertLess(time.time() - self.entries()["198.51.100.7"], 60)

    def test_a_burst_is_recorded_whole(self):
        noise = f"{stamp()} mx sm-mta[5]: 6AM0gX2i016059: from=<a@b.example>, size=0, class=0, nrcpts=0, proto=ESMTP, relay=[203.0.113.9]\n"
        self.append("".join(login(f"10.{n // 50000}.{n // 250 % 200}.{n % 250 + 1}") if n % 10 == 0 else noise for n in range(BURST)))
        begin = time.monotonic()
        subprocess.run(self.command("--once", self.log), check=True)
        seconds = time.monotonic() - begin
        print(f"\nburst: {BURST} lines, {BURST // 10} logins, {seconds:.2f} s, {BURST / seconds:.0f} lines/s")
        self.assertEqual(len(self.entries()), BURST // 10)

    def test_a_locked_database_delays_and_loses_nothing_and_does_not_keep_it_from_ending(self):
        self.append(login("198.51.100.7"))
        subprocess.run(self.command("--once", self.log), check=True)
        with open(self.db, "rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            self.start(self.log)
            self.append(login("198.51.100.8"))
            deadline = time.monotonic() + 10
            while "wait to be recorded" not in self.said():
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.05)
            seconds, code = self.kill(signal.SIGTERM)
            self.assertEqual(code, 0)
            self.assertLess(seconds, 1.0)
        self.start(self.log)
        self.wait_for("198.51.100.8")

    def test_bad_words_and_formats_end_it_with_a_word(self):
        bad = self.dir / "formats"
        bad.mkdir()
        (bad / "x.toml").write_text("programs = 5\n")
        for words, code, text in ((["--frob"], 64, "--frob"), (["--window", "x"], 65, "'x'"), (["--formats", str(bad), "--once", str(self.log)], 65, "x.toml:1:")):
            done = subprocess.run([PROGRAM, "-f", str(self.db), "follow", *words], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, code, done)
            self.assertIn(text, done.stderr)


@unittest.skipUnless(os.path.exists(REMOTE) and shutil.which("journalctl"), "no systemd-journal-remote")
class Journal(Case):
    def journal(self, *entries):
        """A journal file as journald would have written it, the trusted fields included."""
        text = b""
        for n, fields in enumerate(entries):
            at = int((time.time() - 60 + n) * 1_000_000)
            text += f"__REALTIME_TIMESTAMP={at}\n__MONOTONIC_TIMESTAMP={n + 1}\n_BOOT_ID={'0' * 31}1\n".encode()
            for name, value in fields.items():
                value = value if isinstance(value, bytes) else value.encode()
                if b"\n" in value or not value.isascii():
                    text += name.encode() + b"\n" + len(value).to_bytes(8, "little") + value + b"\n"
                else:
                    text += name.encode() + b"=" + value + b"\n"
            text += b"\n"
        path = self.dir / f"{time.monotonic_ns()}.journal"
        subprocess.run([REMOTE, "-o", str(path), "-"], input=text, check=True, capture_output=True)
        return path

    @staticmethod
    def entry(client, **fields):
        message = f"imap-login: Login: user=<alice>, method=PLAIN, rip={client}, lip=192.0.2.1, mpid=5"
        return {"MESSAGE": message, "SYSLOG_IDENTIFIER": "dovecot", "_UID": "0", "_COMM": "log", "_PID": "5", **fields}

    def test_only_the_fields_that_the_kernel_sets_decide_whose_entry_it_is(self):
        path = self.journal(
            self.entry("198.51.100.1"),
            self.entry("198.51.100.2", _UID="1000"),
            self.entry("198.51.100.3", _UID="1000", _SYSTEMD_UNIT="user@1000.service"),
            self.entry("198.51.100.4", _COMM="logger"),
            self.entry("198.51.100.5", SYSLOG_IDENTIFIER="sendmail"),
            self.entry("198.51.100.6", MESSAGE=b"imap-login: Login: user=<\xe4>, method=PLAIN, rip=198.51.100.6, lip=192.0.2.1, mpid=5"),
            self.entry("198.51.100.7", _UID="107", _COMM="imapd", _SYSTEMD_UNIT="cyrus-imapd.service", SYSLOG_IDENTIFIER="cyrus/imap",
                       MESSAGE="login: client.example [198.51.100.7] alice plaintext User logged in"))
        subprocess.run(self.command("--once", "--journal-file", path), check=True)
        found = self.entries()
        self.assertEqual(set(found), {"198.51.100.1", "198.51.100.6", "198.51.100.7"})
        self.assertTrue(50 <= time.time() - found["198.51.100.1"] <= 75)

    def test_it_goes_on_at_the_last_entry(self):
        path = self.journal(self.entry("198.51.100.1"), self.entry("198.51.100.2"))
        subprocess.run(self.command("--once", "--journal-file", path), check=True)
        self.assertTrue(json.loads(self.state.read_text())["cursor"])
        self.db.unlink()
        subprocess.run(self.command("--once", "--journal-file", path), check=True)
        self.assertEqual(set(self.entries()), {"198.51.100.2"})

    def test_a_cursor_whose_entry_is_gone_or_that_is_none_loses_no_entry(self):
        subprocess.run(self.command("--once", "--journal-file", self.journal(self.entry("198.51.100.1"))), check=True)
        path = self.journal(*(self.entry(f"198.51.100.{n}") for n in (2, 3)))
        subprocess.run(self.command("--once", "--journal-file", path), check=True)
        self.assertEqual(set(self.entries()), {"198.51.100.1", "198.51.100.2", "198.51.100.3"})
        self.db.unlink()
        self.state.write_text('{"cursor":"none","files":{},"sessions":[],"connected":[]}')
        self.start("--journal-file", path)
        self.wait_for("198.51.100.2", "198.51.100.3")

    def test_it_follows_and_ends(self):
        path = self.journal(self.entry("198.51.100.1"))
        self.start("--journal-file", path)
        self.wait_for("198.51.100.1")
        seconds, code = self.kill(signal.SIGTERM)
        self.assertEqual(code, 0)
        self.assertLess(seconds, 1.0)


if __name__ == "__main__":
    unittest.main()
