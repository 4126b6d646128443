"""Every help fits a screen of 80 columns and 24 lines, and an unknown word is answered in a line that names the nearest."""
import os
import pathlib
import subprocess
import unittest

PROGRAMS = pathlib.Path(os.environ["MILTER_RELAY_BIN"])
LINES, COLUMNS = 24, 80


def run(program, *words):
    return subprocess.run([PROGRAMS / program, *words], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def commands():
    """Those that the program's own help names."""
    text = run("milter-relay", "--help").stdout
    return [line.split()[0] for line in text[text.index("Subcommands:"):].splitlines()[1:] if line[2:3].strip()]


class Help(unittest.TestCase):
    def assert_fits(self, *words):
        done = run(*words)
        lines = done.stdout.splitlines()
        self.assertEqual((done.returncode, done.stderr), (0, ""), words)
        self.assertLessEqual(len(lines), LINES, words)
        self.assertEqual([line for line in lines if len(line) > COLUMNS], [], words)

    def test_the_help_of_each_command_fits_a_screen(self):
        found = commands()
        self.assertTrue({"run", "doctor", "status", "explain", "wire", "selftest"} <= set(found), found)
        self.assert_fits("milter-relay", "--help")
        for command in found:
            self.assert_fits("milter-relay", command, "--help")
        self.assert_fits("vsmtprelay", "--help")

    def test_an_unknown_word_of_milter_relay_gets_one_line_that_names_the_nearest(self):
        for words, said in (
                (["stauts"], 'milter-relay: no command "stauts"; did you mean "status"? See milter-relay --help'),
                (["frob"], 'milter-relay: no command "frob"; see milter-relay --help'),
                (["--versoin"], 'milter-relay: no option "--versoin"; did you mean "--version"? See milter-relay --help'),
                (["status", "--jsno"], 'milter-relay status: no option "--jsno"; did you mean "--json"? See milter-relay status --help'),
                (["status", "x\x1b"], 'milter-relay status: does not take "x\\x1b"; see milter-relay status --help'),
                (["report", "--sicne=1d"], 'milter-relay report: no option "--sicne=1d"; did you mean "--since"? See milter-relay report --help'),
                ([], "milter-relay: A subcommand is required; see milter-relay --help")):
            with self.subTest(words):
                done = run("milter-relay", *words)
                self.assertEqual((done.returncode, done.stdout, done.stderr), (64, "", said + "\n"))

    def test_a_wrong_value_gets_one_line_that_names_option_and_value(self):
        for words in (["run", "--log", "frob"], ["report", "--top", "frob"], ["status", "--watch", "0"], ["run", "-c"],
                      ["explain", "--client", "192.0.2.1"]):
            with self.subTest(words):
                done = run("milter-relay", *words)
                self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (64, "", 1), done.stderr)
                self.assertTrue(done.stderr.startswith(f"milter-relay {words[0]}: "), done.stderr)
                self.assertIn(f"see milter-relay {words[0]} --help", done.stderr)
                self.assertIn("--to" if words[0] == "explain" else words[1].replace("-c", "--config"), done.stderr)

    def test_an_unknown_word_of_vsmtprelay_names_the_nearest_above_the_usage(self):
        for words, said in ((["dmup"], 'no command "dmup"; did you mean "dump"?'), (["--fiel", "x", "dump"], 'no option "--fiel"; did you mean "--file"?'),
                            (["list", "--jsno"], 'list: no option "--jsno"; did you mean "--json"?'),
                            (["dump", "--jsno"], 'dump: no option "--jsno"; did you mean "--json"?'),
                            (["follow", "--jurnal"], 'follow: no option "--jurnal"; did you mean "--journal"?')):
            with self.subTest(words):
                done = run("vsmtprelay", *words)
                self.assertEqual((done.returncode, done.stderr.splitlines()[0]), (64, "vsmtprelay: " + said))


if __name__ == "__main__":
    unittest.main()
