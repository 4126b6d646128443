"""The guide's tables are the ones that the tests go by; `print` as an argument prints them."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from faults import ALL, tables
from mailsystem.system import REPOSITORY

GUIDE = REPOSITORY / "docs/faults.md"


class Guide(unittest.TestCase):
    def test_its_tables_are_those_of_the_tests(self):
        sections = dict(part.partition("\n")[::2] for part in GUIDE.read_text().split("\n## ")[1:])
        for heading, table in tables().items():
            lines = [line for line in sections[heading].splitlines() if line.startswith("|")]
            self.assertEqual(lines, table.splitlines(), heading)

    def test_no_fault_lets_a_stranger_relay_or_turns_away_who_may(self):
        for fault in ALL:
            self.assertNotRegex(fault.answers.stranger, r"\b2\d\d", fault.name)
            for who in ("pop", "auth", "trusted", "local"):
                self.assertNotRegex(getattr(fault.answers, who), r"\b5\d\d", f"{fault.name}: {who}")


if __name__ == "__main__":
    if sys.argv[1:] == ["print"]:
        for title, text in tables().items():
            print(f"## {title}\n\n{text}\n")
    else:
        unittest.main()
