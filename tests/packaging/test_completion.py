"""A real bash completes the sub-commands and options of both programs: all that they have."""
import os
import pathlib
import re
import subprocess
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ["MILTER_RELAY_BIN"])
# Does what a Tab does: words as arguments, the last of them is being completed.
TAB = r"""
. /usr/share/bash-completion/bash_completion
. "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_TYPE=9
COMP_POINT=${#COMP_LINE}
complete=$(complete -p "$1") function=${complete#*-F } function=${function%% *}
"$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\n' "${COMPREPLY[@]}"
"""


def completed(program, *words):
    """What bash offers for the last of `words`."""
    done = subprocess.run(["bash", "-c", TAB, "tab", TOP / "packaging/completion" / program, program, *words],
                          capture_output=True, text=True, check=True, cwd=TOP, env={"PATH": f"{BIN}:{os.environ['PATH']}"})
    return set(done.stdout.split())


def said(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


class MilterRelay(unittest.TestCase):
    def commands(self):
        return set(re.findall(r"^  ([a-z][a-z-]*) ", said(BIN / "milter-relay", "--help").partition("Subcommands:")[2], re.M))

    def test_every_sub_command_is_offered(self):
        self.assertGreater(len(self.commands()), 8)
        self.assertEqual(completed("milter-relay", ""), self.commands() | {"--help", "--version"})
        self.assertEqual(completed("milter-relay", "do"), {"doctor"})

    def test_every_option_of_every_sub_command_is_offered(self):
        for command in self.commands():
            offered = completed("milter-relay", command, "-")
            self.assertIn("--help", offered, command)
            for option in re.findall(r"--[a-z-]+", said(BIN / "milter-relay", command, "--help").partition("Options:")[2]):
                self.assertIn(option, offered, command)

    def test_words_and_files_are_offered_where_an_option_takes_them(self):
        self.assertEqual(completed("milter-relay", "wire", "--policy", "auth"), {"auth+pop", "auth-only"})
        self.assertEqual(completed("milter-relay", "run", "--log", ""), {"syslog", "stderr"})
        self.assertIn("README.md", completed("milter-relay", "check-config", "-c", "READ"))


class Vsmtprelay(unittest.TestCase):
    def test_every_sub_command_is_offered(self):
        commands = set(re.findall(r"^  ([a-z]+) ", said(BIN / "vsmtprelay", "--help"), re.M))
        self.assertGreater(len(commands), 8)
        self.assertEqual(completed("vsmtprelay", ""), commands | {"-f", "-c", "--help", "--version"})
        self.assertEqual(completed("vsmtprelay", "-f", "x.db", "du"), {"dump"})

    def test_every_option_of_follow_in_the_manual_is_offered(self):
        page = (TOP / "man/vsmtprelay.8").read_text()
        synopsis = page[page.index(".Cm follow"):page.index(".Cm login")]
        options = {"--" + name for name in re.findall(r"\.Op Fl Fl ([a-z-]+)", synopsis)}
        self.assertGreater(len(options), 6)
        self.assertEqual(completed("vsmtprelay", "follow", "-"), options)

    def test_options_and_files_of_the_others_are_offered(self):
        self.assertEqual(completed("vsmtprelay", "list", "-"), {"--logins", "--json"})
        self.assertEqual(completed("vsmtprelay", "dump", "-"), {"--json"})
        self.assertEqual(completed("vsmtprelay", "delete", "-"), {"--login"})
        self.assertIn("README.md", completed("vsmtprelay", "import", "READ"))


if __name__ == "__main__":
    unittest.main()
