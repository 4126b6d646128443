#!/usr/bin/env python3
"""milter-relay wire and unwire on real installations: Debian's layout, the stock layout, our own four configurations."""

import os
import re
import signal
import subprocess
import unittest
from pathlib import Path

from installation import CF, CF_DIRECTORY, DEBIAN_MC, MAIL, MC, PROGRAM, REPOSITORY, STOCK_MC, Installation, main
from mailsystem import leaks

LINE = "FEATURE(`milter_relay')dnl\n"
# What a process can be killed at: each of these calls of ours changes a file or makes a change last.
BOUNDARIES = {"mkdir": 3, "unlink": 8, "fchmod": 4, "fchown": 4, "fsync": 8, "rename": 4}


def meaning(cf):
    """A .cf without who built it, when and where."""
    return re.sub(r"^##### (built by|in) .*\n", "", cf, flags=re.MULTILINE)


def wired(mc):
    """Where the line must end up in the two layouts."""
    return mc.replace("dnl #\ndnl # Default Mailer setup\n", LINE + "dnl #\ndnl # Default Mailer setup\n").replace(
        "dnl # The mailers\n", LINE + "dnl # The mailers\n")


class Wire(Installation):
    def assert_built(self, mc):
        self.assertEqual(MC.read_text(), mc)
        self.assertEqual(meaning(CF.read_text()), meaning(self.built(mc)))

    def refused(self, why, *arguments, command="wire", code=69):
        before = self.files()
        run = self.run_program(command, *arguments, expect=code)
        self.assertRegex(run.stderr, why)
        self.assertIn("Nothing was changed.", run.stderr)
        self.assertEqual(self.files(), before)

    def test_the_line_goes_after_the_features_and_comes_out_again(self):
        for mc in (DEBIAN_MC, STOCK_MC):
            self.use(mc)
            self.assertNotEqual(wired(mc), mc)
            said = self.run_program("wire").stdout
            self.assertIn("\n+" + LINE, said)
            self.assertRegex(said, "service milter-relay start\n  service sendmail restart")
            self.assert_built(wired(mc))
            self.run_program("unwire")
            self.assert_built(mc)

    def test_sendmail_takes_what_was_built(self):
        self.run_program("wire")
        run = subprocess.run(["sendmail", "-bt"], input="3,0 a@ours.example\n", text=True, capture_output=True, check=False)
        self.assertIn("$# local", run.stdout)

    def test_each_of_our_four_configurations_is_wired_unwired_and_wired(self):
        for file in sorted((REPOSITORY / "m4/cf").glob("*.mc")):
            with self.subTest(file.name):
                self.use(file.read_text())
                before = MC.read_text()
                self.assertIn("nothing to do", self.run_program("wire").stdout)
                self.run_program("unwire")
                self.assertNotIn("\nFEATURE(`milter_relay'", MC.read_text())
                self.assertNotIn("MilterRelay", CF.read_text())
                policy = re.search(r"^FEATURE\(`milter_relay', `', `(.*)'\)", before, re.MULTILINE)[1]
                self.run_program("wire", "--policy", policy)
                self.assertIn(f"\nD{{relay_policy}}{policy}\n", CF.read_text())

    def test_a_second_run_has_nothing_to_do(self):
        self.run_program("wire")
        before = self.files()
        self.assertIn("nothing to do", self.run_program("wire").stdout)
        self.assertEqual(self.files(), before)
        self.run_program("unwire")
        self.assertIn("nothing to do", self.run_program("unwire").stdout)

    def test_arguments_are_put_in_and_replaced_in_place(self):
        self.run_program("wire", "--policy", "auth-only", "--socket", "inet:8899@127.0.0.1")
        self.assertIn("FEATURE(`milter_relay', `inet:8899@127.0.0.1', `auth-only')dnl\n", MC.read_text())
        self.run_program("wire", "--policy", "pop-only")
        self.assertIn("FEATURE(`milter_relay', `inet:8899@127.0.0.1', `pop-only')dnl\n", MC.read_text())
        self.assertIn("Xmilter-relay, S=inet:8899@127.0.0.1, F=T", CF.read_text())

    def test_a_dry_run_shows_all_and_changes_nothing(self):
        before, left = self.files(), set(Path("/tmp").iterdir())
        said = self.run_program("wire", "--dry-run").stdout
        self.assertIn("\n+" + LINE, said)
        self.assertIn("check_rcpt calls our rules", said)
        self.assertEqual(self.files(), before)
        self.assertEqual(set(Path("/tmp").iterdir()), left)

    def test_owner_and_mode_stay_and_the_old_files_are_kept(self):
        before = self.files()
        self.run_program("wire")
        after = self.files()
        for name in ("sendmail.mc", "sendmail.cf"):
            self.assertEqual(after[name][1:], before[name][1:])
            backup, = [file for file in after if re.fullmatch(name + r"\.20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", file)]
            self.assertEqual(after[backup], before[name])

    def test_a_link_stays_a_link(self):
        MC.rename(MAIL / "real.mc")
        MC.symlink_to("real.mc")
        self.use(DEBIAN_MC)
        CF.write_text(CF.read_text().replace(f"### {MC} ###", f"### {MAIL}/real.mc ###"))
        self.addCleanup((MAIL / "real.mc").unlink)
        self.run_program("wire")
        self.assertTrue(MC.is_symlink())
        self.assertIn(LINE, (MAIL / "real.mc").read_text())

    def test_a_cf_that_was_edited_by_hand_is_not_lost(self):
        CF.write_text(CF.read_text() + "O QueueLA=77\n")
        self.refused(r"sendmail.cf is not what .*QueueLA=77.*\n.*--force")
        self.run_program("wire", "--force")
        self.assert_built(wired(DEBIAN_MC))

    def test_comments_that_differ_are_no_edit(self):
        CF.write_text(CF.read_text().replace("\nO ", "\n# mine\nO ", 1))
        self.run_program("wire")

    def refused_mc(self, why, mc):
        """An .mc that we do not touch, beside whatever .cf."""
        MC.write_text(mc)
        self.refused(why, "--force")

    def test_what_is_not_understood_is_refused_with_the_reason(self):
        two = wired(DEBIAN_MC).replace(LINE, LINE * 2)
        for why, mc in ((r"lines 99 and 100: .*twice", two),
                        ("promiscuous_relay", DEBIAN_MC.replace("FEATURE(`use_cw_file')", "FEATURE(`promiscuous_relay')")),
                        ("by hand", DEBIAN_MC.replace("MAILER(`local')", "INPUT_MAIL_FILTER(`milter-relay', `S=local:/x')dnl\nMAILER(`local')")),
                        ("no MAILER", DEBIAN_MC.replace("\nMAILER(", "\ndnl MAILER(")),
                        ("no OSTYPE", DEBIAN_MC.replace("\nOSTYPE(", "\ndnl OSTYPE(")),
                        ("inside ifdef", DEBIAN_MC.replace("MAILER(`smtp')dnl", "ifdef(`x', `MAILER(`smtp')')dnl")),
                        ("changequote", DEBIAN_MC.replace("OSTYPE(", "changequote([,])dnl\nOSTYPE(")),
                        ("never closed", DEBIAN_MC.replace("FEATURE(`use_cw_file')", "FEATURE(`use_cw_file'")),
                        ("shares its line", wired(DEBIAN_MC).replace(LINE, "FEATURE(`milter_relay') MAILER(`prog')\n"))):
            with self.subTest(why):
                self.refused_mc(why, mc) if "shares" not in why else self.shares(why, mc)

    def shares(self, why, mc):
        MC.write_text(mc)
        self.refused(why, "--force", "--policy", "auth-only")

    def test_what_m4_and_the_feature_say_against_it_stops_it(self):
        self.use(DEBIAN_MC.replace("Port=smtp, Addr=127.0.0.1'", "Port=smtp, InputMailFilters=other'"))
        self.refused("does not build.*leaves milter-relay out")
        self.use(DEBIAN_MC)
        self.refused("policy \"all\" is not", "--policy", "all")
        self.refused("meaning of their own", "--socket", "local:/x'y")

    def test_what_is_missing_is_named(self):
        feature = CF_DIRECTORY / "feature/milter_relay.m4"
        feature.rename(feature.with_suffix(".off"))
        self.addCleanup(feature.with_suffix(".off").rename, feature)
        self.refused("feature/milter_relay.m4 is not there")
        self.refused("nosuch.mc", "--mc", "/etc/mail/nosuch.mc", code=71)

    def test_a_cf_that_does_not_pass_its_trial_is_not_used(self):
        rules = "LOCAL_RULESETS\nSLocal_check_rcpt\nR$*\t$#OK\n"
        self.use(DEBIAN_MC + rules)
        self.refused(r'a stranger\'s mail to <stranger@example.net> is noted as relay_dest="other" relay_client="trusted"')
        self.use(DEBIAN_MC.replace("FEATURE(`use_cw_file')dnl", "FEATURE(`use_cw_file')dnl\nMODIFY_MAILER_FLAGS(`LOCAL',`')dnl"))
        MC.write_text(MC.read_text().replace("MAILER_DEFINITIONS", "LOCAL_CONFIG\nO NoSuchOption=1\nMAILER_DEFINITIONS"))
        self.refused("complains of the new sendmail.cf: .*NoSuchOption", "--force")

    def test_a_directory_that_cannot_be_written_is_left_alone(self):
        before = self.files()
        run = subprocess.run(["unshare", "-m", "sh", "-c", "mount --bind /etc/mail /etc/mail && mount -o remount,ro,bind /etc/mail "
                              f"&& exec {PROGRAM} wire"], capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 71, run.stderr)
        self.assertIn("Read-only file system; it is mounted read-only\nNothing was changed.", run.stderr)
        self.assertEqual(self.files(), before)

    def test_a_user_is_told_to_be_root(self):
        run = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", PROGRAM, "wire"], capture_output=True, text=True,
                             check=False)
        self.assertEqual((run.returncode, "run it as root" in run.stderr), (77, True), run.stderr)


class Killed(Installation):
    """At each system call that changes a file the process is killed: every name has the old text or the new, whole."""

    def kill_at_each_step(self, command, before, after, boundaries):
        whole = [meaning(self.built(text)) for text in (before, after)]
        states = set()
        for call, least in boundaries.items():
            for step in range(1, 50):
                self.use(before)
                if not self.killed(command, call, step):
                    break
                state = [before, after].index(MC.read_text()), whole.index(meaning(CF.read_text()))
                states.add(state)
                self.run_program(command)
                self.assertEqual((MC.read_text(), meaning(CF.read_text())), (after, whole[1]))
                self.assertEqual(list(MAIL.glob("*.milter-relay-*")), [])
            self.assertGreater(step, least, f"fewer calls of {call} than there must be")
        # never a new .cf beside an old .mc: the next rebuild would take the change back unseen
        self.assertEqual(states | {(1, 1)}, {(0, 0), (1, 0), (1, 1)})

    def killed(self, command, call, step):
        """Runs it with a SIGKILL at the so-maniest such call; False when it came to its end before."""
        run = subprocess.run(["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                              f"inject={call}:signal=KILL:when={step}", PROGRAM, command],
                             capture_output=True, text=True, check=False, env=os.environ | leaks.NOT_LOOKED_FOR)
        self.assertIn(run.returncode, (0, -signal.SIGKILL, 128 + signal.SIGKILL), run.stderr)
        return run.returncode != 0

    def test_wire(self):
        self.kill_at_each_step("wire", DEBIAN_MC, wired(DEBIAN_MC), BOUNDARIES)

    def test_unwire(self):
        self.kill_at_each_step("unwire", wired(STOCK_MC), STOCK_MC, {"rename": 4})


if __name__ == "__main__":
    main()
