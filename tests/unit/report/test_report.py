"""`milter-relay report` as an admin calls it: files, gzip, standard input, periods, bad words."""
import gzip
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

PROGRAM = pathlib.Path(os.environ["MILTER_RELAY_BIN"]) / "milter-relay"


def line(day, via, user, tag="milter-relay[77]", verdict="permit", reason="x"):
    return (f"2026-11-{day:02}T12:00:00Z mx {tag}: 6AM{day:02}{via}{user}: verdict={verdict} via={via} reason={reason} "
            f"client=198.51.100.7 user={user} age= mech= from=<a@b.example> to=<c@d.example> listener=MTA "
            f"policy=auth+pop mode=enforce\n")


OLD = line(2, "auth", "bob") + line(2, "pop", "alice") + "2026-11-02T12:00:00Z mx sendmail[1]: noise\n"
NEW = (line(9, "pop", "bob") + line(10, "auth", "alice") + line(11, "none", "", verdict="refuse", reason="no_login")
       + line(11, "auth", "bob", tag="sendmail[1]: milter-relay[77]"))


class Report(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.directory = pathlib.Path(scratch.name)
        self.old, self.new = self.directory / "mail.log.1.gz", self.directory / "mail.log"
        self.old.write_bytes(gzip.compress(OLD.encode()))
        self.new.write_text(NEW)

    def report(self, *words, stdin="", code=0):
        done = subprocess.run([PROGRAM, "report", *words], input=stdin, capture_output=True, text=True, timeout=60,
                              env={**os.environ, "TZ": "UTC"}, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def json(self, *words, **options):
        return json.loads(self.report("--json", *words, **options).stdout)

    def test_both_files_together_say_who_would_be_cut_off(self):
        for files in ((self.old, self.new), (self.new, self.old)):
            found = self.json(*files)
            self.assertEqual([row["login"] for row in found["cut_off"]["rows"]], ["bob"])
            self.assertEqual(found["cut_off"]["moved"], 1)
            self.assertEqual(found["verdicts"], 5)
            self.assertEqual([week["week"] for week in found["weeks"]], ["2026-11-02", "2026-11-09"])
            self.assertEqual(found["refused"]["rows"][0]["reason"], "no_login")

    def test_standard_input_is_read_plain_and_compressed(self):
        self.assertEqual(self.json("-", stdin=NEW)["verdicts"], 3)
        with self.old.open("rb") as log:
            done = subprocess.run([PROGRAM, "report", "--json", "-"], stdin=log, capture_output=True, check=True)
        self.assertEqual(json.loads(done.stdout)["verdicts"], 2)

    def test_a_period_leaves_out_what_is_before_and_from_its_end_on(self):
        found = self.json("--since", "2026-11-09", "--until", "2026-11-10T12:00", self.old, self.new)
        self.assertEqual((found["verdicts"], found["recipients"]["pop"]), (1, 1))

    def test_the_text_and_the_table_name_the_same_people(self):
        text = self.report(self.old, self.new).stdout
        self.assertIn("Would be cut off if POP before SMTP ended today: 1\n", text)
        self.assertRegex(text, r"\n  bob +1  2026-11-09 12:00  198\.51\.100\.7 +SMTP AUTH last on 2026-11-02 12:00\n")
        self.assertRegex(text, r"\n  2026-11-02 +1 +1 +0 +0  #+o+\n")
        table = self.report("--csv", self.old, self.new).stdout
        self.assertRegex(table, r'\ncut_off,"bob","198\.51\.100\.7","",1,1,')

    def test_one_file_that_cannot_be_read_does_not_hide_the_others(self):
        done = self.report("--json", self.directory / "none", self.new, code=65)
        self.assertEqual(json.loads(done.stdout)["verdicts"], 3)
        self.assertIn("none: open: No such file", done.stderr)
        self.report(self.directory / "none", code=66)

    def test_words_that_make_no_sense_are_refused_and_named(self):
        self.assertIn('--since "yesterday"', self.report("--since", "yesterday", self.new, code=64).stderr)
        self.report("--json", "--csv", self.new, code=64)
        self.report("--journal", self.new, code=64)


if __name__ == "__main__":
    unittest.main()
