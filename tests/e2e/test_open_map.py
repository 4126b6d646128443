"""An open sendmail map and makemap -u read along while logins come in, 500 a second and more; alone, while the file is
sometimes rewritten, and while writers that change it in place are killed.

    test_open_map.py [--seconds N] RECORD_LOGINS

Neither ever fails or misses an entry that is there, but for a makemap that the file is replaced under, and sendmail's map
sees a new entry soon after its acknowledgement. All logins come in on time; on a machine that is too slow for that they
are recorded later, the rate that was reached is told, and only a failure is one.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from login_writers import RATE, Logins, kill_after
from sendmail_cf import isolated

VSMTPRELAY = str(Path(os.environ.get("MILTER_RELAY_BIN", "build/release/bin")) / "vsmtprelay")
WANTED = 500  # Logins a second, acknowledged.
KILLS = 12     # Of writers of logins.
COMMANDS_LIVE = 0.15  # Seconds at most, of those that are to be killed; they would take half of that or so.
SEEN_WITHIN = 5  # Seconds: about one, and what the writer itself waits for the lock where everything is slow.
ANOTHER_FILE = (": File changed after open\n", ": Operation not permitted\n")  # In makemap's words.
ALWAYS = [f"192.0.2.{last}" for last in range(1, 51)]
FOREVER = "4102444800"


class OpenMap:
    """One `sendmail -bt`, which opens its map at the first look-up and keeps it."""

    def __init__(self, directory):
        cf = directory / "test.cf"
        cf.write_text(f"V10/Berkeley\nKrelayers hash {directory}/relayers\n")
        self.process = subprocess.Popen(isolated(["sendmail", "-C", cf, "-bt"]), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for line in self.process.stdout:
            if line.startswith("Enter <ruleset>"):
                return
        raise AssertionError("sendmail -bt did not start")

    def find(self, key):
        """The data; None where there is no entry. Anything else that sendmail says is a failure."""
        self.process.stdin.write(f"/map relayers {key}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline().strip().removeprefix("> ")
        if line == f"map_lookup: relayers ({key}) no match (0)":
            return None
        start, end = f"map_lookup: relayers ({key}) returns ", " (0)"
        if not (line.startswith(start) and line.endswith(end)):
            raise AssertionError(f"sendmail says: {line}")
        return line[len(start):-len(end)]

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=10)
        self.process.stdout.close()


class ReadAlong(unittest.TestCase):
    def setUp(self):
        # /run: sendmail trusts no map below a directory that everybody may write to.
        self.directory = Path(tempfile.mkdtemp(prefix="relayers-test.", dir="/run"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.file = self.directory / "relayers.db"
        # makemap gives the file to sendmail's own user, and refuses where that happens to another makemap meanwhile. So it
        # has him from the beginning, and the room that vsmtprelay gives a new file: no login alone replaces it.
        subprocess.run(["makemap", "hash", self.directory / "relayers"], input="", text=True, check=True)
        owner = self.file.stat().st_uid
        self.file.unlink()
        text = "".join(f"{address} {FOREVER}\n" for address in ALWAYS)
        subprocess.run([VSMTPRELAY, "-f", self.file, "import", "-"], input=text, text=True, check=True)
        os.chown(self.file, owner, -1)
        self.faults = []
        self.unmade = self.refused = self.rounds = self.killed = 0

    def unmade_addresses(self):
        """What makemap -u tells now. It looks at the file's name, opens and locks it, opens it again, and refuses where one of
        these is another file than it was: who replaces the file cannot see it coming."""
        while True:
            with open(self.file) as before:  # Open, so that no other file gets its inode.
                read = subprocess.run(["makemap", "-u", "hash", self.directory / "relayers"], capture_output=True, text=True)
                replaced = not os.path.samestat(os.fstat(before.fileno()), self.file.stat())
            if not (replaced and read.stderr.endswith(ANOTHER_FILE)):
                break
            self.refused += 1
        if read.returncode != 0:
            self.faults.append(f"makemap -u: {read.returncode} {read.stderr}")
        return {line.split("\t")[0] for line in read.stdout.splitlines()}

    def unmake(self, running):
        """makemap -u, again and again."""
        while running.is_set():
            missing = set(ALWAYS) - self.unmade_addresses()
            if missing:
                self.faults.append(f"makemap -u: without {sorted(missing)[:3]}")
            self.unmade += 1
            time.sleep(0.02)  # who reads without a pause keeps every writer out

    def rewrite(self, running, most_life=None):
        """Old entries come and go: makemap adds them, expire removes them, and rewrites what makemap made of the file."""
        while running.is_set():
            self.change(["makemap", "-o", "hash", self.directory / "relayers"], self.old_entries())
            self.change([VSMTPRELAY, "-f", self.file, "expire"], life=most_life and random.uniform(0, most_life))
            time.sleep(0.5)

    def rewrite_and_die(self, running):
        self.rewrite(running, COMMANDS_LIVE)

    def change_and_die(self, running):
        """Old entries come and go in place, by commands that seldom come to their end."""
        while running.is_set():
            self.change([VSMTPRELAY, "-f", self.file, "import", "-"], self.old_entries(), random.uniform(0, COMMANDS_LIVE))
            self.change([VSMTPRELAY, "-f", self.file, "expire"], life=random.uniform(0, COMMANDS_LIVE))
            time.sleep(0.2)

    def old_entries(self):
        """Others each time."""
        self.rounds += 1
        numbers = range(500 * self.rounds, 500 * (self.rounds + 1))
        return "".join(f"198.{18 + (n >> 16)}.{n >> 8 & 255}.{n & 255} 1\n" for n in numbers)

    def change(self, command, text="", life=None):
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        timer = kill_after(process, life) if life is not None else None
        said = process.communicate(text)[1]
        if timer and process.returncode == -signal.SIGKILL:
            self.killed += 1
        elif process.returncode != 0:
            self.faults.append(f"{command[0]}: {process.returncode} {said}")
        if timer:
            timer.cancel()

    def look_up(self, logins):
        """Known entries all the time, and how long the newest acknowledged one takes to be seen."""
        mapped = OpenMap(self.directory)
        self.addCleanup(mapped.close)
        lookups = seen = 0
        longest = 0.0
        waiting = None
        last = None  # Of those seen; the very last login has to be one of them.
        while logins.running() or logins.last != last:
            lookups += 1
            key = ALWAYS[lookups % len(ALWAYS)]
            self.assertEqual(mapped.find(key), FOREVER, f"{key} is missing in look-up {lookups}")
            self.assertIsNone(mapped.find("203.0.113.1"))
            waiting = waiting or logins.latest()
            if waiting and mapped.find(waiting[0]):
                seen += 1
                last = waiting
                longest = max(longest, time.monotonic() - waiting[1])
                waiting = None
            elif waiting:
                self.assertLess(time.monotonic() - waiting[1], SEEN_WITHIN, f"{waiting[0]} was acknowledged, not seen")
        return lookups, seen, longest

    def read_along(self, *beside, kills=0):
        """Until all logins are recorded, the work `beside` them being done; all that was acknowledged is there in the end."""
        running = threading.Event()
        running.set()
        logins = Logins(OPTIONS.record_logins, self.file, RATE * OPTIONS.seconds, kills)
        others = [threading.Thread(target=work, args=(running,)) for work in (self.unmake, *beside)]
        for thread in others:
            thread.start()
        try:
            lookups, seen, longest = self.look_up(logins)
        finally:
            running.clear()
            for thread in others:
                thread.join()
            logins.join()
        print(f"{len(logins.addresses)} logins, {logins.rate():.0f} a second (wanted: {WANTED}), {logins.killed} writers killed; {lookups} "
              f"look-ups; {seen} new entries seen, the latest after {longest:.2f} s; {self.unmade} times makemap -u, {self.refused} "
              f"refused; {self.rounds} times old entries, {self.killed} commands killed", file=sys.stderr)
        self.assertEqual((logins.code, len(logins.addresses), self.faults), (0, logins.count, []))
        self.assertEqual(set(logins.addresses) - self.unmade_addresses(), set())
        self.assertGreater(min(seen, self.unmade), 0)
        return logins

    def test_neither_sendmail_nor_makemap_ever_fails_or_misses_an_entry(self):
        self.read_along()
        self.assertEqual(self.refused, 0)

    def test_nor_do_they_while_the_file_is_rewritten_but_makemap_may_meet_another_file(self):
        self.read_along(self.rewrite)
        self.assertGreater(self.rounds, 0)

    def test_nor_do_they_while_rewrites_are_killed(self):
        self.read_along(self.rewrite_and_die, kills=KILLS)
        self.assertGreater(self.killed, 0)

    def test_a_rewrite_that_is_killed_behind_its_rename_leaves_no_open_map_behind(self):
        entries = "".join(f"10.2.{n >> 8}.{n & 255} {FOREVER if n % 2 else 1}\n" for n in range(9000))
        subprocess.run(["makemap", "hash", self.directory / "relayers"], input=entries, text=True, check=True)
        mapped = OpenMap(self.directory)
        self.addCleanup(mapped.close)
        self.assertEqual(mapped.find("10.2.0.0"), "1")
        old = self.file.stat().st_ino
        # The first fsync brings the new file to disk, the second one its name.
        killed = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:signal=KILL:when=2",
                                 VSMTPRELAY, "-f", self.file, "expire"])
        self.assertEqual(killed.returncode, -signal.SIGKILL)
        self.assertNotEqual(self.file.stat().st_ino, old)
        subprocess.run([VSMTPRELAY, "-f", self.file, "add", "192.0.2.7"], check=True)
        until = time.monotonic() + SEEN_WITHIN
        while mapped.find("192.0.2.7") is None:
            self.assertLess(time.monotonic(), until, "recorded, and not seen")
        self.assertIsNone(mapped.find("10.2.0.0"))

    def test_nor_do_they_while_writers_are_killed_and_no_acknowledged_login_is_lost(self):
        logins = self.read_along(self.change_and_die, kills=KILLS)
        self.assertGreater(min(logins.killed, self.killed), 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("record_logins")
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
