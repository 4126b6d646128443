"""The real sendmail, as a daemon with a .cf built out of one of our m4/cf/*.mc, unchanged.

What a test needs beyond that is given on the command line (OPTIONS) or in the private /etc/mail, never in the .mc.
"""

import subprocess
import time
from pathlib import Path

from sendmail_cf import build_cf

from .accounts import DOMAIN
from .network import MX_NAME, is_listening

PROGRAM = "/usr/libexec/sendmail/sendmail"
PORTS = (25, 587, 5190)
CF = Path("/etc/mail/sendmail.cf")
QUEUE = Path("/var/spool/mqueue")
# a busy build machine is no reason to refuse or to queue; nothing waits for a slow name server
OPTIONS = {"RefuseLA": "1000", "QueueLA": "1000", "DelayLA": "0", "ServiceSwitchFile": "/etc/mail/service.switch"}
DELIVERY_PROGRAMS = ["/usr/bin/procmail", "/usr/libexec/sendmail/mail.local"]  # where Debian's sensible-mda looks
ETC_MAIL = {
    "local-host-names": f"{DOMAIN}\n",
    "relay-domains": "customer.example\n",
    "trusted-users": "smmta\nsmmsp\n",
    "service.switch": "passwd files\nhosts files\naliases files\n",
    "aliases": "postmaster: root\nMAILER-DAEMON: postmaster\nroot: alice\nstaff: alice, bob\nhole: /dev/null\n",
    "access": "Connect:203.0.113.77\tRELAY\nFrom:blocked@sender.example\tREJECT\n",
    "virtusertable": f"info@{DOMAIN}\talice\n",
    "mailertable": "",
    "genericstable": "",
    "domaintable": "",
}


def write_configuration_files(mc: Path) -> None:
    """A plain /etc/mail for the domain example.org, with nothing of the host's own."""
    for old in Path("/etc/mail").iterdir():
        subprocess.run(["rm", "-rf", str(old)], check=True)
    Path("/etc/mail/smrsh").mkdir()
    for program in DELIVERY_PROGRAMS:
        Path("/etc/mail/smrsh", Path(program).name).symlink_to(program)
    install_cf(mc)
    for name, text in ETC_MAIL.items():
        Path("/etc/mail", name).write_text(text)
    for name in ("access", "virtusertable", "mailertable", "genericstable", "domaintable"):
        make_map(Path("/etc/mail", name))
    Path("/etc/nsswitch.conf").write_text("passwd: files\ngroup: files\nshadow: files\nhosts: files\n")
    Path("/etc/resolv.conf").unlink(missing_ok=True)
    Path("/etc/resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    Path("/etc/hostname").write_text(MX_NAME + "\n")


def install_cf(mc: Path, milter_wait: str = "30s") -> None:
    """Builds sendmail.cf and puts it where sendmail and makemap look for it.

    `milter_wait`: how long sendmail waits for an answer of the milter; the feature's own is 30s.
    """
    workdir = Path("/run/cf") / mc.stem
    workdir.mkdir(parents=True, exist_ok=True)
    CF.write_text(build_cf(mc, workdir).read_text().replace(";R:30s;", f";R:{milter_wait};"))


def make_map(source: Path) -> None:
    """makemap hash FILE < FILE, as an administrator does."""
    with source.open() as text:
        subprocess.run(["makemap", "hash", str(source)], stdin=text, check=True)


class Sendmail:
    """One daemon; start() with another .mc replaces it."""

    def __init__(self) -> None:
        self._daemon: subprocess.Popen | None = None
        self.mc = Path()

    def start(self, mc: Path, milter_wait: str = "30s") -> None:
        self.stop()
        install_cf(mc, milter_wait)
        self.mc = mc
        subprocess.run([PROGRAM, "-bi"], check=True, capture_output=True)
        options = [argument for name, value in OPTIONS.items() for argument in ("-O", f"{name}={value}")]
        self._daemon = subprocess.Popen([PROGRAM, "-bD", *options], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        deadline = time.monotonic() + 20
        while not all(is_listening(port) for port in PORTS):
            if self._daemon.poll() is not None:
                raise AssertionError(f"sendmail did not start: {self._daemon.stdout.read()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"sendmail does not listen on all of {PORTS}")
            time.sleep(0.02)

    @property
    def pid(self) -> int:
        return self._daemon.pid

    def stop(self) -> None:
        if self._daemon:
            self._daemon.terminate()
            self._daemon.wait()
            self._daemon.stdout.close()
            self._daemon = None
            while any(is_listening(port) for port in PORTS):
                time.sleep(0.02)

    def queued(self) -> list[str]:
        """Names of the messages that wait in the queue."""
        return sorted(path.name for path in QUEUE.glob("[dq]f*"))

    def clear_queue(self) -> None:
        for path in QUEUE.iterdir():
            path.unlink()


