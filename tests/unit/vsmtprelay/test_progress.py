"""What an admin sees of a command that takes long, and what is left when he ends it. MILTER_RELAY_BIN says where it is."""

import contextlib
import fcntl
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

PROGRAM = os.path.join(os.environ["MILTER_RELAY_BIN"], "vsmtprelay")
CLEAR = "\r\x1b[K"
NOW = int(time.time())


def entries(count, at="5"):
    return "".join(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255} {at}\n" for n in range(count))


def on_screen(said):
    """What is left to read of it."""
    return [re.split(r"\r\x1b\[K", line)[-1] for line in said.replace("\r\n", "\n").split("\n")]


class Terminal:
    """Reads all the time, as a terminal does."""

    def __init__(self):
        self.ours, self.theirs = pty.openpty()
        self.said = b""
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        with contextlib.suppress(OSError):  # EIO: nobody has it any more.
            while piece := os.read(self.ours, 100_000):
                self.said += piece

    def end(self):
        os.close(self.theirs)
        self.reader.join()
        os.close(self.ours)
        return self.said.decode()


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.file = self.dir / "relayers.db"

    def start(self, *words, file=None, **options):
        return subprocess.Popen([PROGRAM, "-f", str(file or self.file), *words], **options)

    def relay(self, *words, stdin=""):
        done = subprocess.run([PROGRAM, "-f", str(self.file), *words], input=stdin, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def dump(self):
        return sorted(line for line in self.relay("dump").splitlines() if not line.startswith("#"))

    @contextlib.contextmanager
    def locked(self, file=None):
        """As makemap holds it; what waits for it takes more than two seconds."""
        with open(file or self.file) as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield
            time.sleep(2.7)

    def on_a_terminal(self, *words, stdin=None, stdout=subprocess.DEVNULL, file=None):
        terminal = Terminal()
        with self.locked(file):
            command = self.start(*words, file=file, stdin=stdin, stdout=terminal.theirs if stdout == "the same" else stdout, stderr=terminal.theirs)
        self.assertEqual(command.wait(60), 0)
        return terminal.end()

    def each_on_a_terminal(self, commands):
        """All at once, each with a copy of the file."""
        def said(number, words):
            copy = self.dir / f"copy{number}.db"
            shutil.copy(self.file, copy)
            with open(self.dir / "text") as stdin:
                return self.on_a_terminal(*words, stdin=stdin, file=copy)
        with ThreadPoolExecutor(len(commands)) as pool:
            return zip(commands, pool.map(said, range(len(commands)), commands))


class Progress(Case):
    def test_every_command_that_waits_for_more_than_two_seconds_shows_for_how_long(self):
        self.relay("import", "-", stdin=f"10.0.0.1 {NOW} alice\n10.9.9.9 {NOW}\n")
        (self.dir / "text").write_text("")
        commands = [["add", "10.9.9.9"], ["delete", "10.9.9.9"], ["delete", "--login", "alice"], ["expire", "99999"], ["list"],
                    ["list", "--logins"], ["dump"], ["dump", "--json"], ["verify"], ["repair"]]
        for words, said in self.each_on_a_terminal(commands):
            with self.subTest(words):
                self.assertIn(f"{CLEAR}vsmtprelay: {words[0]}: 2 s", said)
                self.assertEqual(on_screen(said), [""])

    def test_what_is_counted_is_shown_with_its_number(self):
        self.relay("import", "-", stdin=entries(30_000, f"{NOW} bob"))
        (self.dir / "text").write_text(entries(5000, ""))
        timed = self.dir / "timed"
        timed.write_text(entries(30_000, NOW + 1))
        commands = [["import", str(timed)], ["add", "-"], ["dump"], ["list", "--logins"], ["delete", "--login", "bob"], ["verify"]]
        for words, said in self.each_on_a_terminal(commands):
            with self.subTest(words):
                self.assertRegex(said, rf"vsmtprelay: {words[0]}: \d+ ({'%' if words[0] == 'verify' else 'entries'}), [23] s")

    def test_what_takes_less_than_two_seconds_or_has_no_terminal_shows_nothing(self):
        self.relay("add", "10.0.0.1", "5")
        terminal = Terminal()
        self.assertEqual(self.start("dump", stdout=subprocess.DEVNULL, stderr=terminal.theirs).wait(60), 0)
        self.assertEqual(terminal.end(), "")
        with self.locked():
            command = self.start("dump", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.assertEqual(command.communicate(timeout=60)[1], b"")

    def test_on_one_terminal_what_is_printed_stands_whole_between_what_is_shown(self):
        self.relay("import", "-", stdin=entries(30_000))
        said = self.on_a_terminal("dump", stdout="the same")
        self.assertIn("vsmtprelay: dump: ", said)
        self.assertEqual(on_screen(said), self.relay("dump").split("\n"))
        said = self.on_a_terminal("verify", stdout="the same")
        self.assertEqual(on_screen(said), [f"{self.file}: sound, 30000 entries", ""])

    def test_who_reads_a_pipe_has_the_terminal_once_he_has_something_to_print(self):
        self.relay("import", "-", stdin=entries(30_000))
        terminal = Terminal()
        dump = self.start("dump", stdout=subprocess.PIPE, stderr=terminal.theirs)
        self.assertTrue(dump.stdout.read(1))
        time.sleep(2.7)  # As before a full page of a pager.
        self.assertGreater(len(dump.communicate(timeout=60)[0]), 65536)
        self.assertEqual(dump.returncode, 0)
        self.assertEqual(terminal.end(), "")

    def test_while_the_input_has_not_come_whoever_sends_it_has_the_terminal(self):
        terminal = Terminal()
        add = self.start("add", "-", stdin=subprocess.PIPE, stderr=terminal.theirs)
        add.stdin.write(b"10.0.0.1\n")
        add.stdin.flush()
        time.sleep(2.7)  # As behind ssh, which asks for a password.
        add.communicate(timeout=60)
        self.assertNotIn("vsmtprelay", on_screen(terminal.end())[0])
        self.assertEqual(len(self.dump()), 1)

    def test_a_terminal_that_is_gone_ends_nothing(self):
        self.relay("add", "10.0.0.1", "5")
        ours, theirs = pty.openpty()
        with self.locked():
            command = self.start("add", "10.0.0.2", "5", stderr=theirs)
            os.close(theirs)
            os.close(ours)
        self.assertEqual(command.wait(60), 0)
        self.assertEqual(self.dump(), ["10.0.0.1 5", "10.0.0.2 5"])


class Ended(Case):
    def end(self, command, at_once=1):
        for _ in range(at_once):
            command.send_signal(signal.SIGINT)
            time.sleep(0.002)
        said = command.communicate(timeout=60)[1]
        self.assertEqual(command.returncode, 130, said)
        return said

    def test_an_interrupted_import_leaves_the_file_as_it_was(self):
        self.relay("import", "-", stdin="10.0.0.1 5\n")
        before = self.file.read_bytes()
        text = self.dir / "text"
        text.write_text(entries(300_000))
        beside = self.dir / "relayers.db.milter-relay-new"
        importing = self.start("import", str(text), stderr=subprocess.PIPE, text=True)
        while importing.poll() is None and not beside.exists():
            time.sleep(0.001)
        self.assertIn("import: ended by a signal; the file is as it was", self.end(importing))
        self.assertEqual(self.file.read_bytes(), before)
        self.assertFalse(beside.exists())

    def expiring(self, stderr):
        """With 60 for 60d: a third of the logins is being deleted."""
        lines = entries(150_000, str(NOW)).splitlines(keepends=True)
        lines[::4] = [line.replace(f" {NOW}", f" {NOW - 7200} user{n % 999} {NOW - 9000} bob") for n, line in enumerate(lines[::4])]
        self.relay("import", "-", stdin="".join(lines))
        before, changed = self.dump(), self.file.stat().st_mtime_ns
        expire = self.start("expire", "60", stderr=stderr, text=True)
        while expire.poll() is None and self.file.stat().st_mtime_ns == changed:
            time.sleep(0.001)
        self.assertIsNone(expire.poll())
        return before, expire

    def test_who_ends_an_expire_has_his_logins_back_however_often_he_asks(self):
        before, expire = self.expiring(subprocess.PIPE)
        said = self.end(expire, at_once=4)
        self.assertEqual(said, "vsmtprelay: expire: ended by a signal; the file is as it was\n")
        self.assertEqual(self.dump(), before)
        self.assertIn("sound", self.relay("verify"))

    def test_a_kill_in_the_middle_of_an_expire_or_of_what_puts_back_costs_old_entries_alone(self):
        for first in (signal.SIGKILL, signal.SIGINT):
            with self.subTest(first):
                before, expire = self.expiring(subprocess.PIPE)
                expire.send_signal(first)
                time.sleep(0.02)
                expire.kill()
                expire.communicate(timeout=60)
                after = self.dump()
                self.assertIn("sound", self.relay("verify"))
                self.assertEqual(set(after) - set(before), set())
                self.assertTrue(all("bob" in line for line in set(before) - set(after)))

    def test_a_list_that_is_ended_takes_what_it_showed_with_it(self):
        self.relay("add", "10.0.0.1", "5")
        terminal = Terminal()
        with self.locked():
            dump = self.start("dump", stdout=subprocess.DEVNULL, stderr=terminal.theirs)
            time.sleep(2.5)
            dump.send_signal(signal.SIGINT)
        self.assertEqual(dump.wait(60), 130)
        said = terminal.end()
        self.assertIn("vsmtprelay: dump: 2 s", said)
        self.assertEqual(on_screen(said), [""])


if __name__ == "__main__":
    unittest.main()
