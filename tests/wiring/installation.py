"""A sendmail installation of its own, in namespaces: /etc/mail as Debian's packages leave it, sendmail's cf folder with our
feature in it, a host name with a dot, no network. What milter-relay wire and selftest do there, they do to nothing else.

A test file ends with `main()`; its tests use `Installation`.
"""

import functools
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from mailsystem.namespaces import MS_BIND, CannotRun, enter, mount, set_host_name    # noqa: E402
from mailsystem.private_files import make_private    # noqa: E402

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("MILTER_RELAY_BIN", REPOSITORY / "build/release/bin")).resolve() / "milter-relay"
CF_DIRECTORY = Path("/usr/share/sendmail/cf")
MAIL = Path("/etc/mail")
MC, CF = MAIL / "sendmail.mc", MAIL / "sendmail.cf"
DEBIAN_MC = (CF_DIRECTORY / "debian/sendmail.mc").read_text()
# A stranger must not be refused for his address alone, so the access map of Debian's package is not used.
ACCESS = "Connect:127\tRELAY\nConnect:IPv6:::1\tRELAY\n"
STOCK_MC = """divert(-1)
# A host's own file, in the layout of sendmail's sources.
divert(0)dnl
VERSIONID(`$Id: test.mc$')
OSTYPE(`linux')
DOMAIN(`generic')
define(`confDONT_BLAME_SENDMAIL', `MapInUnsafeDirPath,ClassFileInUnsafeDirPath')
define(`confMAX_HEADERS_LENGTH',dnl
`32768')dnl
FEATURE(`access_db', `hash -T<TMPF> /etc/mail/access')
FEATURE(`use_cw_file')
dnl # The mailers
MAILER(`local')
MAILER(`smtp')
"""


def own_tmp():
    """/tmp is written by sendmail's own m4 files (makeinfo.sh). A repository in there stays visible."""
    kept = Path("/run/kept")
    kept.mkdir()
    mount(str(REPOSITORY), str(kept), flags=MS_BIND)
    mount("tmpfs", "/tmp", "tmpfs", options="mode=1777")
    if REPOSITORY.is_relative_to("/tmp"):
        REPOSITORY.mkdir(parents=True)
        mount(str(kept), str(REPOSITORY), flags=MS_BIND)
    os.environ["TMPDIR"] = "/tmp"


def prepare():
    """Once, as process 1 of the namespaces."""
    cf = Path("/run/cf")
    make_private()
    own_tmp()
    shutil.copytree(CF_DIRECTORY, cf)
    for name in ("feature", "cf"):
        shutil.copytree(REPOSITORY / "m4" / name, cf / name, dirs_exist_ok=True)
    mount(str(cf), str(CF_DIRECTORY), flags=MS_BIND)
    set_host_name("mx.test.example")
    Path("/etc/resolv.conf").unlink(missing_ok=True)
    Path("/etc/resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    Path("/etc/hosts").write_text("127.0.0.1 localhost\n192.0.2.1 mx.test.example mx\n")
    Path("/etc/nsswitch.conf").write_text("passwd: files\ngroup: files\nshadow: files\nhosts: files\n")
    (MAIL / "service.switch").write_text("passwd files\nhosts files\naliases files\n")
    for name in ("dialup.m4", "provider.m4"):
        (MAIL / "m4").mkdir(exist_ok=True)
        (MAIL / "m4" / name).touch()


class Installation(unittest.TestCase):
    """A test that begins with Debian's own sendmail.mc, built as its Makefile does."""

    def setUp(self):
        for file in MAIL.glob("sendmail.*"):
            if file.name != "sendmail.conf":
                file.unlink()
        (MAIL / "local-host-names").write_text("ours.example\n")
        (MAIL / "relay-domains").unlink(missing_ok=True)
        self.use(DEBIAN_MC)
        (MAIL / "access.db").unlink(missing_ok=True)
        self.access(ACCESS)    # makemap reads sendmail.cf

    def access(self, text):
        subprocess.run(["makemap", "hash", str(MAIL / "access")], input=text, text=True, check=True)
        shutil.chown(MAIL / "access.db", "root", "root")    # not all layouts know Debian's user smmta

    def use(self, mc):
        """Makes `mc` the installation's sendmail.mc and builds sendmail.cf as its layout does."""
        MC.write_text(mc)
        CF.write_text(self.built(mc))
        CF.chmod(0o640)

    @staticmethod
    @functools.cache
    def built(mc):
        debian = "include(`/usr/share/sendmail/cf/m4/cf.m4')" in mc
        file = Path("/tmp/built.mc")
        file.write_text(mc)
        command = ["m4", file] if debian else ["m4", f"-D_CF_DIR_={CF_DIRECTORY}/", CF_DIRECTORY / "m4/cf.m4", file]
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd="/")
        return run.stdout + (f"### {MC} ###\n" + "".join(f"# {line}\n" for line in mc.splitlines()) if debian else "")

    def run_program(self, *arguments, expect=0):
        run = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, expect, run.stdout + run.stderr)
        return run

    def files(self):
        """name: (contents, mode, owner, group) of all of /etc/mail."""
        found = {}
        for file in MAIL.iterdir():
            if file.is_file():
                status = file.stat()
                found[file.name] = (file.read_bytes(), status.st_mode, status.st_uid, status.st_gid)
        return found


def main():
    sys.dont_write_bytecode = True
    try:
        enter()
        prepare()
    except CannotRun as reason:
        sys.exit(f"{sys.argv[0]}: cannot run: {reason}")
    unittest.main(module="__main__", verbosity=2)
