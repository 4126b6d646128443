"""The installed programs are built as hardening-check(1) wants it, and no code of ours starts a shell."""
import os
import pathlib
import re
import subprocess
import unittest

BIN = pathlib.Path(os.environ["MILTER_RELAY_BIN"])
TOP = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ("milter-relay", "vsmtprelay")
SANITIZED = not (BIN / "../CMakeCache.txt").read_text().count("MILTER_RELAY_SANITIZE:STRING=\n")
SHELL = re.compile(r"\b(?:system|popen|wordexp)\s*\(|/bin/sh\b")


def readelf(program: str, *options: str) -> str:
    return subprocess.run(["readelf", "-W", *options, str(BIN / program)], capture_output=True, text=True, check=True).stdout


@unittest.skipIf(SANITIZED, "a sanitizer finds what these flags only make harder")
class Programs(unittest.TestCase):
    def test_they_lie_anywhere_in_memory(self):
        for program in PROGRAMS:
            self.assertRegex(readelf(program, "-h"), r"Type:\s+DYN", program)

    def test_no_stack_is_executable_and_no_table_of_functions_writable(self):
        for program in PROGRAMS:
            segments = readelf(program, "-l")
            self.assertRegex(segments, r"GNU_STACK .* RW +0x", program)
            self.assertIn("GNU_RELRO", segments, program)
            self.assertRegex(readelf(program, "-d"), r"BIND_NOW|FLAGS_1.*\bNOW\b", program)

    def test_the_stack_and_the_calls_of_the_c_library_are_guarded(self):
        for program in PROGRAMS:
            symbols = readelf(program, "--dyn-syms")
            self.assertIn("__stack_chk_fail", symbols, program)
            self.assertRegex(symbols, r"__\w+_chk\b", program)

    def test_no_library_is_looked_for_in_a_place_of_ours(self):
        for program in PROGRAMS:
            self.assertNotRegex(readelf(program, "-d"), r"R(?:UN)?PATH", program)


class Sources(unittest.TestCase):
    def test_none_starts_a_shell(self):
        found = [f"{path.relative_to(TOP)}:{number}: {line.strip()}"
                 for top in ("milter", "policy", "vsmtprelay") for path in (TOP / top).rglob("*.cpp")
                 for number, line in enumerate(path.read_text().splitlines(), 1) if SHELL.search(line.split("//")[0])]
        self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main()
