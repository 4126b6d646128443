"""The real Dovecot: POP3 and IMAP, plain and TLS, for the local users; a login opens the relay for its address.

The snippet of packaging/dovecot lets `vsmtprelay login` record each login before its session begins.
"""

import subprocess
import time
from pathlib import Path

from .accounts import LOCAL_USERS, PASSWORD
from .network import is_listening

DIRECTORY = Path("/etc/dovecot")
PORTS = (110, 143, 993, 995)
CONFIGURATION = """\
base_dir = /run/dovecot
protocols = pop3 imap
listen = *, ::
log_path = syslog
syslog_facility = mail
default_vsz_limit = 0
mail_temp_dir = /run/tmp
mail_location = mbox:~/mail:INBOX=/var/mail/%n
mail_privileged_group = mail
disable_plaintext_auth = no
ssl = yes
ssl_cert = </etc/mail/certs/mycert.pem
ssl_key = </etc/mail/certs/mykey.pem
auth_mechanisms = plain login
first_valid_uid = 2000
passdb {
  driver = passwd-file
  args = scheme=PLAIN /etc/dovecot/users
}
userdb {
  driver = passwd
}
"""
SNIPPET = Path(__file__).resolve().parents[3] / "packaging/dovecot/95-milter-relay.conf.in"


class Dovecot:
    """One daemon; start() returns when all its ports answer."""

    def __init__(self, program_directory: Path):
        self._programs = program_directory
        self._daemon: subprocess.Popen | None = None

    def start(self, snippet: bool = True) -> None:
        """With the snippet, or as a Dovecot that knows nothing of relayers.db."""
        self.stop()
        subprocess.run(["rm", "-rf", str(DIRECTORY)], check=True)
        DIRECTORY.mkdir()
        recording = SNIPPET.read_text().replace("@CMAKE_INSTALL_FULL_BINDIR@", str(self._programs)) if snippet else ""
        (DIRECTORY / "dovecot.conf").write_text(CONFIGURATION + recording)
        (DIRECTORY / "users").write_text("".join(f"{name}:{PASSWORD}\n" for name in LOCAL_USERS))
        self._daemon = subprocess.Popen(["dovecot", "-F", "-c", str(DIRECTORY / "dovecot.conf")], stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 15
        while not all(is_listening(port) for port in PORTS):
            if self._daemon.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("dovecot did not start; see the mail log")
            time.sleep(0.02)

    def stop(self) -> None:
        if self._daemon:
            self._daemon.terminate()
            self._daemon.wait(20)
        self._daemon = None
