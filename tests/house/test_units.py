"""The systemd units fit what is installed: systemd takes them and finds them hardened, and vsmtprelay-follow does its work
under its restrictions. tests/packaging starts them under systemd itself."""
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

BUILD = pathlib.Path(os.environ["MILTER_RELAY_BIN"]).parent
# What the unit's ProtectSystem, ReadWritePaths, StateDirectory, CapabilityBoundingSet and NoNewPrivileges leave.
# `systemd-analyze security`, from 0 to 10: what each may be exposed at the most. Those of the database work as root;
# vsmtprelay-queue speaks to a server wherever it is.
MOST_EXPOSED = {"milter-relay": 1.4, "vsmtprelay-expire": 1.5, "vsmtprelay-follow": 2.0, "vsmtprelay-queue": 2.3}
CONFINED = """
mount -t tmpfs none /var/lib && mkdir /var/lib/vsmtprelay && mount --bind "$0/mail" /etc/mail && mount -o remount,bind,ro / &&
if touch /etc/probe; then exit 99; fi
exec setpriv --no-new-privs --bounding-set="$1" --inh-caps=-all "$2" follow --once --log stderr --formats "$3" "$0/mail.log"
"""


def settings(unit):
    found = {}
    for line in unit.read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, value)
    return found


class Units(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.stage = pathlib.Path(scratch.name)
        subprocess.run(["cmake", "--install", BUILD, "--prefix", self.stage], check=True, capture_output=True)
        self.folder = self.stage / "lib/systemd/system"
        self.units = sorted(self.folder.glob("*.service"))

    def staged(self, command):
        """A program of the unit as it was installed here."""
        path = pathlib.Path(command.split()[0])
        return self.stage / path.parent.name / path.name

    def test_each_unit_starts_a_program_that_is_installed_with_options_that_it_knows(self):
        self.assertEqual([unit.name for unit in self.units], [name + ".service" for name in sorted(MOST_EXPOSED)])
        for unit in self.units:
            command = settings(unit)["ExecStart"]
            self.assertTrue(os.access(self.staged(command), os.X_OK), command)
            self.assertIn(command.split()[1], subprocess.run([self.staged(command), "--help"], capture_output=True, text=True, check=True).stdout)
        usage = subprocess.run([self.stage / "bin/vsmtprelay", "follow", "--journal", "--frob"], capture_output=True, text=True, check=False)
        self.assertRegex(usage.stderr, r"^vsmtprelay: follow: [^\n]*--frob\"?\n")

    def test_systemd_takes_each_unit_without_a_word(self):
        for unit in self.units:
            command = settings(unit)["ExecStart"].split()[0]
            unit.write_text(unit.read_text().replace(command, str(self.staged(command))))
        for unit in sorted(self.folder.iterdir()):
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_systemd_finds_no_service_more_exposed_than_it_may_be(self):
        for unit in self.units:
            done = subprocess.run(["systemd-analyze", "security", "--offline=true", unit], capture_output=True, text=True, check=False)
            level = re.search(r"Overall exposure level for \S+: ([0-9.]+) ", done.stdout)
            self.assertIsNotNone(level, done)
            self.assertLessEqual(float(level[1]), MOST_EXPOSED[unit.stem], done.stdout)

    def test_follow_records_under_what_its_unit_leaves_it(self):
        unit = settings(self.folder / "vsmtprelay-follow.service")
        self.assertEqual((unit["ReadWritePaths"], unit["StateDirectory"], unit["ProtectSystem"]), ("/etc/mail", "vsmtprelay", "strict"))
        bounding = "-all," + ",".join("+" + word.removeprefix("CAP_").lower() for word in unit["CapabilityBoundingSet"].split())
        (self.stage / "mail").mkdir()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        (self.stage / "mail.log").write_text(f"{stamp} mx popa3d[5]: Session from 198.51.100.7\n{stamp} mx popa3d[5]: Authentication passed for alice\n")
        os.chown(self.stage / "mail", 8, 8)
        environment = {"PATH": os.environ["PATH"], "RELAYERS_DB": "/etc/mail/relayers.db"}
        done = subprocess.run(["unshare", "--mount", "sh", "-c", CONFINED, self.stage, bounding, self.staged(unit["ExecStart"]), self.stage / "share/milter-relay/login-formats"],
                              capture_output=True, text=True, check=False, env=environment)
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(re.sub("touch: .*\n", "", done.stderr), "")
        dump = subprocess.run([self.stage / "bin/vsmtprelay", "-f", self.stage / "mail/relayers.db", "dump"], capture_output=True, text=True, check=True).stdout
        self.assertRegex(dump, r"(?m)^198\.51\.100\.7 \d+ alice$")


if __name__ == "__main__":
    unittest.main()
