"""Courier, Cyrus, mailutils, popa3d from Debian: each login by POP3 and IMAP, IPv4 and IPv6, opens the relay by its log.

A server that packaging/unpack-servers could not fetch is left out; its documented lines are tested in any case
(tests/unit/feed/shipped_formats_test.cpp).
"""

import imaplib
import poplib
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from mailsystem.case import MailCase, main  # noqa: E402
from mailsystem.network import MX4, MX6  # noqa: E402
from mailsystem.other_servers import IMAP, POP3, Courier, Cyrus, Mailutils, OtherServer, Popa3d  # noqa: E402
from mailsystem.syslog import LOG  # noqa: E402

FORMATS = Path(__file__).resolve().parents[2] / "vsmtprelay/formats"
SUCCESS = {Courier: "LOGIN, user=alice, ip=[1.2.3.4], port=[5]", Cyrus: "login: host [1.2.3.4] alice plaintext User logged in",
           Mailutils: "user `alice' logged in (source: system)", Popa3d: "Authentication passed for alice -- [1.2.3.4]"}


def pop_login(host, address: str, user: str = "alice", port: int = POP3) -> None:
    with host:
        session = poplib.POP3(address, port, timeout=30)
    session.user(user)
    session.pass_("x")
    session.quit()


def imap_login(host, address: str) -> None:
    with host:
        session = imaplib.IMAP4(address, IMAP, timeout=30)
    session.login("alice", "x")
    session.logout()


class OtherServers(MailCase):
    def follow(self) -> subprocess.Popen:
        LOG.write_text("")
        words = [str(self.system.programs / "vsmtprelay"), "-f", "/etc/mail/relayers.db", "follow", "--formats", str(FORMATS),
                 "--state", f"/run/tmp/{time.monotonic_ns()}", str(LOG)]
        follower = subprocess.Popen(words)
        self.addCleanup(follower.wait)
        self.addCleanup(follower.terminate)
        return follower

    def wait_for(self, entry: str) -> None:
        deadline = time.monotonic() + 15
        while True:
            listed = self.system.relayers.command("list", "--logins").stdout
            if any(line.startswith(entry + " ") and line.endswith(" alice") for line in listed.splitlines()):
                return
            self.assertLess(time.monotonic(), deadline, f"no {entry} in:\n{listed}\n{self.system.log.tail()}")
            time.sleep(0.05)

    def try_server(self, kind: type[OtherServer]) -> None:
        if not kind.is_there():
            self.skipTest(f"{kind.name} is not there: packaging/unpack-servers build/other-servers")
        with kind():
            self.follow()
            for login in (pop_login, imap_login):
                for host, address, client in ((self.system.home, MX4, self.system.home.v4), (self.system.office, MX6, self.system.office.v6)):
                    with self.subTest(login=login.__name__, client=client):
                        login(host, address)
                        self.wait_for(client)
                        if address == MX4:
                            self.assert_reply(self.try_relay(host), 250)
                        self.system.relayers.delete(client)
            self.try_names(kind)

    def try_names(self, kind: type[OtherServer], port: int = POP3) -> None:
        for name in (SUCCESS[kind], SUCCESS[kind].replace(" ", "\t"), f"x\r\n{SUCCESS[kind]}"):
            try:
                pop_login(self.system.stranger, MX4, name, port)
            except (poplib.error_proto, ValueError, OSError):
                pass
        pop_login(self.system.home, MX4, port=port)
        self.wait_for(self.system.home.v4)
        self.assertNotIn("1.2.3.4", self.system.relayers.command("dump").stdout)

    def test_courier(self):
        self.try_server(Courier)

    def test_cyrus(self):
        self.try_server(Cyrus)

    def test_mailutils_behind_tcpd(self):
        self.try_server(Mailutils)

    def test_popa3d(self):
        if not Popa3d.is_there():
            self.skipTest("popa3d is not there: packaging/unpack-servers build/other-servers")
        self.system.dovecot.stop()
        self.addCleanup(self.system.dovecot.start)
        with Popa3d():
            self.follow()
            pop_login(self.system.home, MX4, port=110)
            self.wait_for(self.system.home.v4)
            self.assert_reply(self.try_relay(self.system.home), 250)
            self.system.relayers.delete(self.system.home.v4)
            self.try_names(Popa3d, 110)


if __name__ == "__main__":
    main()
