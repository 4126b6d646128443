"""The real Dovecot: POP3 and IMAP, plain and TLS, for the local users; a login opens the relay for its address.

A script that runs after each login calls the real `vsmtprelay add` with the client's address.
"""

import subprocess
import time
from pathlib import Path

from .accounts import LOCAL_USERS, PASSWORD
from .network import is_listening
from .relayers import DATABASE

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
service pop3 {
  executable = pop3 pop3-postlogin
}
service imap {
  executable = imap imap-postlogin
}
service pop3-postlogin {
  executable = script-login /etc/dovecot/post-login
  user = root
  unix_listener pop3-postlogin {
  }
}
service imap-postlogin {
  executable = script-login /etc/dovecot/post-login
  user = root
  unix_listener imap-postlogin {
  }
}
"""
POST_LOGIN = """\
#!/bin/sh
{vsmtprelay} -f {database} add "$IP" || logger -p mail.err -t post-login "vsmtprelay failed for $IP"
exec "$@"
"""


class Dovecot:
    """One daemon; start() returns when all its ports answer."""

    def __init__(self, program_directory: Path):
        self._vsmtprelay = program_directory / "vsmtprelay"
        self._daemon: subprocess.Popen | None = None

    def start(self) -> None:
        subprocess.run(["rm", "-rf", str(DIRECTORY)], check=True)
        DIRECTORY.mkdir()
        (DIRECTORY / "dovecot.conf").write_text(CONFIGURATION)
        (DIRECTORY / "users").write_text("".join(f"{name}:{PASSWORD}\n" for name in LOCAL_USERS))
        script = DIRECTORY / "post-login"
        script.write_text(POST_LOGIN.format(vsmtprelay=self._vsmtprelay, database=DATABASE))
        script.chmod(0o755)
        self._daemon = subprocess.Popen(["dovecot", "-F", "-c", str(DIRECTORY / "dovecot.conf")], stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 15
        while not all(is_listening(port) for port in PORTS):
            if self._daemon.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("dovecot did not start; see the mail log")
            time.sleep(0.02)
