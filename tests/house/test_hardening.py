"""The installed programs are built as hardening-check(1) wants it, and no code of ours starts a shell."""
import json
import os
import pathlib
import re
import subprocess
import unittest

BIN = pathlib.Path(os.environ["MILTER_RELAY_BIN"])
TOP = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ("milter-relay", "vsmtprelay")
OURS = ("milter", "policy", "vsmtprelay")
CACHE = (BIN / "../CMakeCache.txt").read_text()
SANITIZED = not CACHE.count("MILTER_RELAY_SANITIZE:STRING=\n")
UNSEEN = ("-fstack-clash-protection", "-fcf-protection")  # what they do cannot be told from the program
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


    def test_every_source_is_compiled_with_what_the_program_does_not_show(self):
        known = [flag for flag in UNSEEN if f"cxx_has{re.sub('-', '_', flag)}:INTERNAL=1\n" in CACHE]
        self.assertIn("-fstack-clash-protection", known)
        commands = [entry for entry in json.loads((BIN / "../compile_commands.json").read_text())
                    if any(pathlib.Path(entry["file"]).is_relative_to(TOP / top) for top in OURS)]
        self.assertGreater(len(commands), 100)
        lacking = [(entry["file"], flag) for entry in commands for flag in known if flag not in entry["command"].split()]
        self.assertEqual(lacking, [])


class Sources(unittest.TestCase):
    def test_none_starts_a_shell(self):
        found = [f"{path.relative_to(TOP)}:{number}: {line.strip()}"
                 for top in OURS for path in (TOP / top).rglob("*") if path.suffix in (".cpp", ".h")
                 for number, line in enumerate(path.read_text().splitlines(), 1) if SHELL.search(line.split("//")[0])]
        self.assertEqual(found, [])


if __name__ == "__main__":
    unittest.main()
