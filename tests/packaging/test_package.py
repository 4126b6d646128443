"""The Debian package: lintian finds no fault in it, and what it brings is removed again to the last file."""
import os
import pathlib
import re
import stat
import subprocess
import tempfile
import unittest

from machine import Machine
from package import build

SAMPLE = "/usr/share/milter-relay/milter-relay.toml"
# dpkg's own notes and everybody's logs and caches, which any installation changes.
NOT_OURS = re.compile(r"^/(var/(lib/(dpkg|systemd|ucf|man-db|pam)|cache|log|tmp)|root|run|tmp|dev)(/|$)|^/etc/(machine-id|hosts|hostname|resolv\.conf|fstab)$")
ACCOUNTS = {"/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow"}


def changes(new):
    """Files, links and directories below `new`, an overlay's upper directory, that differ from those of this machine."""
    found = set()
    for directory, folders, files in os.walk(new):
        for name in folders + files:
            path = os.path.join(directory, name)
            seen = path[len(str(new)):]
            if not NOT_OURS.match(seen) and differs(path, seen):
                found.add(seen)
    return found


def differs(path, seen):
    ours = os.lstat(path)
    try:
        before = os.lstat(seen)
    except FileNotFoundError:
        return not (stat.S_ISCHR(ours.st_mode) and ours.st_rdev == 0)
    if (ours.st_mode, ours.st_uid, ours.st_gid) != (before.st_mode, before.st_uid, before.st_gid):
        return True
    if stat.S_ISLNK(ours.st_mode):
        return os.readlink(path) != os.readlink(seen)
    return stat.S_ISREG(ours.st_mode) and pathlib.Path(path).read_bytes() != pathlib.Path(seen).read_bytes()


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory()
        cls.addClassCleanup(scratch.cleanup)
        cls.package = build(scratch.name)

    def test_lintian_finds_neither_errors_nor_warnings(self):
        done = subprocess.run(["lintian", "--allow-root", "--fail-on=error,warning", self.package], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done)

    def test_the_apparmor_profile_is_one(self):
        subprocess.run(["apparmor_parser", "--skip-kernel-load", "--skip-cache", "packaging/debian/apparmor"], check=True, capture_output=True)

    def test_the_feature_lies_where_sendmails_m4_looks_for_it(self):
        listing = subprocess.run(["dpkg-deb", "--contents", self.package], capture_output=True, text=True, check=True).stdout
        self.assertIn("./usr/share/sendmail/cf/feature/milter_relay.m4\n", listing)
        self.assertTrue(pathlib.Path("/usr/share/sendmail/cf/feature/access_db.m4").exists(), "sendmail's own are elsewhere")


class Purge(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        package = build(scratch.name)
        self.machine = Machine()
        self.addCleanup(self.machine.end)
        self.before = self.changes()
        self.machine.install(package)

    def changes(self):
        return changes(self.machine.new_files())

    def use(self):
        """Leaves traces, as an admin and the daemon do."""
        self.machine.shell("""
            echo '[[limit]]' >> /etc/mail/milter-relay.toml
            printf 'per = "client"\\ncount = "recipients"\\nmax = 9\\nwithin = "1h"\\n' >> /etc/mail/milter-relay.toml
            systemctl reload milter-relay
            vsmtprelay add 198.51.100.7
            systemctl enable --now vsmtprelay-follow
            systemctl start vsmtprelay-expire
            systemctl stop milter-relay
            [ -e /var/lib/milter-relay/limits ]
        """)

    def test_purge_leaves_nothing_but_the_accounts(self):
        self.use()
        self.assertIn("/etc/mail/relayers.db", self.changes())
        self.machine.run("dpkg", "--purge", "milter-relay")
        self.assertEqual(self.changes() - self.before - {name + tail for name in ACCOUNTS for tail in ("", "-")}, set())
        for name in ACCOUNTS:
            lines = set(self.machine.run("cat", name).stdout.splitlines()) - set(pathlib.Path(name).read_text().splitlines())
            self.assertEqual([line for line in lines if "milter-relay" not in line and not line.startswith("relayers:")], [], name)
        units = self.machine.run("systemctl", "list-units", "--all", "--plain", "--no-legend", "milter-relay*", "vsmtprelay*").stdout
        self.assertNotIn("loaded", re.sub("not-found", "", units))

    def test_removing_it_keeps_what_the_admin_wrote_and_the_logins(self):
        self.use()
        removed = self.machine.run("dpkg", "--remove", "milter-relay")
        self.assertEqual(removed.stderr.count("sendmail.mc"), 0)
        kept = self.changes()
        for file in ("/etc/mail/milter-relay.toml", "/etc/mail/relayers.db", "/var/lib/milter-relay/limits"):
            self.assertIn(file, kept)
        self.assertEqual(self.machine.run("ls", "/run/milter-relay", check=False).stdout, "")

    def test_a_database_that_was_there_stays_as_it_was(self):
        self.machine.run("dpkg", "--purge", "milter-relay")
        self.machine.shell("printf '198.51.100.9 4102444800\\n' | makemap hash /etc/mail/relayers; chown root:smmsp /etc/mail/relayers.db; chmod 640 /etc/mail/relayers.db; sha256sum /etc/mail/relayers.db > /tmp/sum")
        self.machine.run("dpkg", "--install", "/tmp/package.deb")
        self.machine.run("sha256sum", "--check", "/tmp/sum")
        self.assertEqual(self.machine.run("stat", "-c", "%U:%G %a", "/etc/mail/relayers.db").stdout, "root:smmsp 640\n")

    def test_the_installed_configuration_is_the_default(self):
        self.machine.shell(f"cmp {SAMPLE} /etc/mail/milter-relay.toml; : > /tmp/empty.toml; sed 's/^#\\([^ ]\\)/\\1/' {SAMPLE} > /tmp/all.toml")
        taken = [self.machine.run("milter-relay", "check-config", "-c", f"/tmp/{name}.toml").stdout.partition("\n")[2] for name in ("empty", "all")]
        self.assertEqual(taken[0], taken[1])


if __name__ == "__main__":
    unittest.main()
