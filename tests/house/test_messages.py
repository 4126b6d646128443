"""Every fault of what a command is given is told in a line or two: which thing, what is wrong with it, and what to do."""
import os
import pathlib
import subprocess
import tempfile
import unittest

PROGRAMS = pathlib.Path(os.environ["MILTER_RELAY_BIN"])

# command, exit code, the name that has to be there, what to do
MILTER = (
    ("run -c none.toml", 78, "none.toml", "is the name right?"),
    ("run -c folder", 78, "folder", "a file is wanted"),
    ("run -c words.toml", 78, "words.toml:1: mode: \"x\"", 'use "enforce" or "monitor"'),
    ("run -c syntax.toml", 78, "syntax.toml:1:", "expected ']'"),
    ("check-config -c none.toml", 78, "none.toml", "is the name right?"),
    ("check-config -c link.toml", 78, "link.toml", "mend or remove it"),
    ("status -c none.toml", 78, "none.toml", "is the name right?"),
    ("status -c quiet.toml", 69, "control.sock", "is it running? systemctl status milter-relay"),
    ("reload -c quiet.toml", 69, "control.sock", "is it running?"),
    ("limits -c quiet.toml", 69, "control.sock", "is it running?"),
    ("release -c quiet.toml alice", 69, "control.sock", "is it running?"),
    ("explain -c none.toml --client 192.0.2.1 --to a@b.example", 78, "none.toml", "is the name right?"),
    ("explain --client 192.0.2 --to a@b.example", 65, "--client", "give an IPv4 or IPv6 address"),
    ("report none.log", 66, "none.log", "is the name right?"),
    ("report folder", 66, "folder", "name a log"),
    ("report packed.log", 66, "packed.log", "xzcat packed.log | milter-relay report -"),
    ("wire --mc none.mc", 71, "none.mc", "is the name right?"),
    ("wire --mc words.toml", 69, "words.toml", "this is no sendmail.mc"),
    ("unwire --mc words.toml", 69, "words.toml", "this is no sendmail.mc"),
    ("selftest --cf none.cf", 66, "none.cf", "is the name right?"),
    ("selftest --cf words.toml", 78, "words.toml", "run `milter-relay wire` first"),
)
VSMTPRELAY = (
    ("-f damaged.db list", 65, "damaged.db", "repair"),
    ("-f damaged.db verify", 65, "damaged.db", "repair"),
    ("-f empty.db dump", 65, "empty.db", "repair"),
    ("-f none.db list", 66, "none.db", "name another file with -f"),
    ("-f none.db verify", 66, "none.db", "name another file with -f"),
    ("-f none/some.db add 192.0.2.1", 74, "none/some.db", "is the name right?"),
    ("-f folder add 192.0.2.1", 74, "folder", "a file is wanted"),
    ("-f some.db add 300.0.2.1", 65, "300.0.2.1", "is no IPv4 or IPv6 address; nothing was changed"),
    ("-f some.db add 192.0.2.1 -5", 65, "-5", "seconds since 1970-01-01 UTC"),
    ("-f some.db expire 5x", 65, "5x", "is no number of minutes"),
    ("-f some.db import none.txt", 74, "none.txt", "is the name right?"),
    ("-f some.db import folder", 74, "folder", "a file is wanted"),
    ("-f some.db import words.toml", 65, "line 1: 'mode' is no IPv4", "nothing was changed"),
    ("follow --once --log stderr --state none/state mail.log", 74, "none/state", "is the name right?"),
    ("login -- /none/program", 69, "/none/program", "No such file"),
)


class Messages(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="milter-relay-test.")
        self.addCleanup(scratch.cleanup)
        self.at = pathlib.Path(scratch.name)
        for name, content in (("words.toml", b'mode = "x"\n'), ("syntax.toml", b"[pop\n"), ("damaged.db", b"garbage"),
                              ("empty.db", b""), ("mail.log", b""), ("packed.log", b"\xfd7zXZ\0"),
                              ("quiet.toml", f'control = "{self.at}/control.sock"\n'.encode())):
            (self.at / name).write_bytes(content)
        (self.at / "folder").mkdir()
        (self.at / "link.toml").symlink_to("none")

    def assert_told(self, program, rows):
        for line, code, name, remedy in rows:
            with self.subTest(f"{program} {line}"):
                done = subprocess.run([PROGRAMS / program, *line.split()], cwd=self.at, capture_output=True, text=True, check=False,
                                      stdin=subprocess.DEVNULL, timeout=60)
                told = (done.stdout if line.startswith("check-config") else "") + done.stderr
                self.assertEqual(done.returncode, code, told)
                self.assertIn(name, told)
                self.assertIn(remedy, told)
                self.assertLessEqual(told.count("\n"), 2, told)

    def test_milter_relay_tells_what_is_wrong_with_what_it_is_given(self):
        self.assert_told("milter-relay", MILTER)

    def test_vsmtprelay_tells_what_is_wrong_with_what_it_is_given(self):
        self.assert_told("vsmtprelay", VSMTPRELAY)


if __name__ == "__main__":
    unittest.main()
