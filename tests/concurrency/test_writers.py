"""Twenty processes write one relayers.db at once, sendmail's makemap among them, and nothing that was acknowledged is lost.

SECONDS says how long they do (default 3). MILTER_RELAY_BIN says where vsmtprelay is.
"""
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

PROGRAM = os.path.join(os.environ["MILTER_RELAY_BIN"], "vsmtprelay")
MAKEMAP = shutil.which("makemap", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
SECONDS = float(os.environ.get("SECONDS", "3"))
FUTURE = "4102444800"
OLD = "1000000000"


class Writers(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.map = pathlib.Path(scratch.name) / "relayers"
        self.file = self.map.with_suffix(".db")
        self.present, self.absent, self.faults = {}, set(), []

    def relay(self, *words, text=""):
        done = subprocess.run([PROGRAM, "-f", str(self.file), *words], input=text, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            self.faults.append(f"{words}: {done.returncode} {done.stderr}")
        return done

    def makemap(self, *options, text=""):
        """False where it told that the file was replaced under its hands; then it has written nothing."""
        done = subprocess.run([MAKEMAP, *options, "hash", str(self.map)], input=text, capture_output=True, text=True, timeout=60)
        return done.returncode == 0

    def adder(self, number, turn):
        key = f"10.{number}.{turn // 250}.{turn % 250}"
        if self.relay("add", key, FUTURE).returncode == 0:
            self.present[key] = FUTURE

    def importer(self, number, turn):
        keys = [f"2001:db8:{number:x}:{turn + 1:x}::{i:x}" for i in range(1, 40)]
        if self.relay("import", "-", text="".join(f"{key} {FUTURE} user{turn}\n" for key in keys)).returncode == 0:
            self.present |= {key: f"{FUTURE} user{turn}" for key in keys}

    def deleter(self, number, turn):
        self.adder(number, turn)
        key = f"10.{number}.{turn // 250}.{turn % 250}"
        if self.relay("delete", key).returncode == 0:
            del self.present[key]
            self.absent.add(key)

    def expirer(self, number, turn):
        key = f"10.{number}.{turn // 250}.{turn % 250}"
        if self.relay("add", key, OLD).returncode == 0 and self.relay("expire").returncode == 0:
            self.absent.add(key)

    def appender(self, number, turn):
        key = f"10.{number}.{turn // 250}.{turn % 250}"
        if self.makemap("-o", text=f"{key}\t{FUTURE}\n"):
            self.present[key] = FUTURE

    def replacer(self, number, turn):
        key = f"10.{number}.0.{turn % 20}"
        if self.makemap("-r", "-o", text=f"{key}\t{int(FUTURE) + turn}\n"):
            self.present[key] = str(int(FUTURE) + turn)

    def run_all(self, kinds):
        end = time.monotonic() + SECONDS

        def work(kind, number):
            turn = 0
            while time.monotonic() < end and not self.faults:
                kind(number, turn)
                turn += 1

        threads = [threading.Thread(target=work, args=(kind, number)) for number, kind in enumerate(kinds, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def entries(self):
        said = subprocess.run([MAKEMAP, "-u", "hash", str(self.map)], capture_output=True, text=True, check=True).stdout
        return dict(line.split("\t", 1) for line in said.splitlines())

    def check(self):
        self.assertEqual(self.faults, [])
        self.assertEqual(self.relay("verify").returncode, 0, self.faults)
        found = self.entries()
        self.assertEqual({key: found.get(key) for key, value in self.present.items() if found.get(key) != value}, {})
        self.assertEqual(self.absent & set(found), set())
        self.assertEqual([path.name for path in self.map.parent.iterdir()], ["relayers.db"])

    def test_no_key_of_anybody_is_lost(self):
        self.makemap(text="10.0.0.1 " + FUTURE + "\n")  # Small, so that it grows under all hands.
        self.present["10.0.0.1"] = FUTURE
        self.run_all([self.adder] * 6 + [self.importer] * 2 + [self.deleter] * 4 + [self.expirer] * 3
                     + [self.appender] * 3 + [self.replacer] * 2)
        self.assertGreater(len(self.present), 100)
        self.check()

    def test_full_rebuilds_by_makemap_lose_only_what_was_there_before(self):
        begun = {}  # When each add was started.
        over = []   # When each rebuild was over.

        def rebuilder(number, turn):
            if not over or time.monotonic() < halfway:
                self.makemap(text=f"10.0.0.1\t{FUTURE}\n")
                over.append(time.monotonic())
            time.sleep(0.1)

        def adder(number, turn):
            begun[f"10.{number}.{turn // 250}.{turn % 250}"] = time.monotonic()
            self.adder(number, turn)

        self.makemap()
        halfway = time.monotonic() + SECONDS / 2
        self.run_all([adder] * 12 + [rebuilder])
        self.present = {key: value for key, value in self.present.items() if begun[key] > over[-1]}
        self.assertGreater(len(self.present), 10)
        self.check()


if __name__ == "__main__":
    unittest.main()
