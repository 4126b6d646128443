"""vsmtprelay list and dump need no more memory for many entries than for few."""

import fcntl
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

PROGRAM = os.path.join(os.environ["MILTER_RELAY_BIN"], "vsmtprelay")
FEW, MANY = 1_000, 1_000_000
MORE_AT_MOST = 1024  # KiB for all that MANY have more than FEW: one byte an entry would be as much.
PAGE = 4096


def fill(file, entries):
    text = "".join(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255} 5\n" for n in range(entries))
    subprocess.run([PROGRAM, "-f", file, "import", "-"], input=text, text=True, check=True, timeout=120)


def resident(process):
    """The most that it had so far, in KiB; nothing of one that is over."""
    most = re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{process.pid}/status").read_text())
    return int(most[1]) if most else 0


def run(*words):
    """(lines, the most that was resident). Its pipe holds one page, so that it cannot end before it is looked at."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PAGE)
    process = subprocess.Popen([PROGRAM, *words], stdout=writing)
    os.close(writing)
    lines = most = 0
    with open(reading, "rb", buffering=0) as output:
        while part := output.read(PAGE):
            lines += part.count(b"\n")
            most = max(most, resident(process))
    if process.wait(60) != 0:
        raise AssertionError(f"{words} failed")
    return lines, most


class ConstantMemory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.files = {entries: f"{scratch.name}/{entries}.db" for entries in (FEW, MANY)}
        for entries, file in cls.files.items():
            fill(file, entries)

    def test_a_thousand_times_the_entries_take_no_more_memory(self):
        for words in (["list"], ["dump"], ["list", "--logins"], ["dump", "--json"]):
            with self.subTest(words):
                (lines, little), (all_lines, most) = (run("-f", self.files[entries], *words) for entries in (FEW, MANY))
                self.assertGreaterEqual(lines, FEW)
                self.assertEqual(all_lines, lines * MANY // FEW)
                self.assertGreater(little, 1024)  # It was looked at while it ran.
                self.assertLess(most - little, MORE_AT_MOST)


if __name__ == "__main__":
    unittest.main()
