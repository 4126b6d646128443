"""Every program and the configuration have a manual page that mandoc finds nothing wrong with."""
import pathlib
import subprocess
import unittest

MAN = pathlib.Path(__file__).resolve().parents[2] / "man"
PAGES = ["milter-relay.8", "milter-relay.toml.5", "vsmtprelay.8"]


class ManPages(unittest.TestCase):
    def test_all_pages_are_there(self):
        self.assertEqual(sorted(p.name for p in MAN.glob("*.[1-9]")), PAGES)

    def test_mandoc_finds_nothing_wrong(self):
        for page in PAGES:
            lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", MAN / page],
                                  capture_output=True, text=True, check=False)
            self.assertEqual((lint.returncode, lint.stdout + lint.stderr), (0, ""), page)


if __name__ == "__main__":
    unittest.main()
