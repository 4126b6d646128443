"""An open sendmail map and makemap -u read along while logins come in, 500 a second, and the file is sometimes rewritten.

    test_open_map.py [--seconds N] RECORD_LOGINS

Neither ever fails or misses an entry that is there, and sendmail's map sees a new entry soon after its acknowledgement.
All logins come in on time; on a machine that is too slow for that they are recorded later, the rate that was reached is
told, and only a failure is one.
"""

import argparse
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from sendmail_cf import isolated

VSMTPRELAY = str(Path(os.environ.get("MILTER_RELAY_BIN", "build/release/bin")) / "vsmtprelay")
RATE = 500                      # logins a second
SEEN_WITHIN = 5  # Seconds: about one, and what the writer itself waits for the lock where everything is slow.
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


class Logins:
    """record_logins, fed at RATE: what came during a commit is the next one, as in vsmtprelay follow. `acknowledged` gets
    each address with the time when it was said to be on disk."""

    def __init__(self, program, file, seconds):
        self.acknowledged = queue.SimpleQueue()
        self.count = RATE * seconds
        self.done = 0
        self.last = None
        self.began = self.ended = time.monotonic()
        self.process = subprocess.Popen([program, "--waiting", file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.threads = [threading.Thread(target=work) for work in (self.send, self.receive)]
        for thread in self.threads:
            thread.start()

    def send(self):
        for number in range(self.count):
            time.sleep(max(0, self.began + number / RATE - time.monotonic()))
            address = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
            self.process.stdin.write(f"{address} {int(time.time())} user{number}@customer.example\n")
            self.process.stdin.flush()
        self.process.stdin.close()

    def receive(self):
        for line in self.process.stdout:
            self.done += 1
            self.ended = time.monotonic()
            self.last = (line.strip(), self.ended)
            self.acknowledged.put(self.last)

    def join(self):
        for thread in self.threads:
            thread.join()
        self.process.stdout.close()
        return self.process.wait()

    def rate(self):
        return self.done / (self.ended - self.began)

    def latest(self):
        newest = None
        while not self.acknowledged.empty():
            newest = self.acknowledged.get()
        return newest


class ReadAlong(unittest.TestCase):
    def setUp(self):
        # /run: sendmail trusts no map below a directory that everybody may write to.
        self.directory = Path(tempfile.mkdtemp(prefix="relayers-test.", dir="/run"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.file = self.directory / "relayers.db"
        text = "".join(f"{address}\t{FOREVER}\n" for address in ALWAYS)
        subprocess.run(["makemap", "hash", self.directory / "relayers"], input=text, text=True, check=True)
        self.faults = []
        self.unmade = self.rewritten = 0

    def unmake(self, running):
        """makemap -u, again and again."""
        while running.is_set():
            read = subprocess.run(["makemap", "-u", "hash", self.directory / "relayers"], capture_output=True, text=True)
            missing = set(ALWAYS) - {line.split("\t")[0] for line in read.stdout.splitlines()}
            if read.returncode != 0 or missing:
                self.faults.append(f"makemap -u: {read.returncode} {read.stderr} {sorted(missing)[:3]}")
            self.unmade += 1
            time.sleep(0.02)  # who reads without a pause keeps every writer out

    def rewrite(self, running):
        """Old entries come and go: makemap adds them, expire removes them, and rewrites what makemap made of the file."""
        while running.is_set():
            old = "".join(f"198.18.{i // 250}.{i % 250}\t1\n" for i in range(500))
            for command in (["makemap", "-o", "hash", self.directory / "relayers"],
                            [VSMTPRELAY, "-f", self.file, "expire"]):
                done = subprocess.run(command, input=old, capture_output=True, text=True)
                if done.returncode != 0:
                    self.faults.append(f"{command[0]}: {done.stderr}")
            self.rewritten += 1
            time.sleep(0.5)

    def look_up(self, logins):
        """Known entries all the time, and how long the newest acknowledged one takes to be seen."""
        mapped = OpenMap(self.directory)
        self.addCleanup(mapped.close)
        lookups = seen = 0
        longest = 0.0
        waiting = None
        last = None  # Of those seen; the very last login has to be one of them.
        while logins.process.poll() is None or logins.last != last:
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

    def test_neither_sendmail_nor_makemap_ever_fails_or_misses_an_entry(self):
        running = threading.Event()
        running.set()
        others = [threading.Thread(target=work, args=(running,)) for work in (self.unmake, self.rewrite)]
        logins = Logins(OPTIONS.record_logins, self.file, OPTIONS.seconds)
        for thread in others:
            thread.start()
        try:
            lookups, seen, longest = self.look_up(logins)
        finally:
            running.clear()
            for thread in others:
                thread.join()
            code = logins.join()
        print(f"{logins.done} logins, {logins.rate():.0f} a second; {lookups} look-ups; {seen} new entries seen, the latest after "
              f"{longest:.2f} s; {self.unmade} times makemap -u; {self.rewritten} rewrites", file=sys.stderr)
        self.assertEqual((code, logins.done, self.faults), (0, logins.count, []))
        self.assertGreater(seen, 0)
        self.assertGreater(min(self.unmade, self.rewritten), 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("record_logins")
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
